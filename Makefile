# CHAD tools.  "make help" lists the targets.

CONFIG ?= release
B      := build/$(CONFIG)

WERROR ?= -Werror
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wdouble-promotion \
	  -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	  -Wwrite-strings -Wundef -Wpointer-arith -Wcast-qual $(WERROR)

OPT_release := -O2 -g
OPT_asan    := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	       -fsanitize=address,undefined
OPT_tsan    := -O1 -g -fsanitize=thread
OPT_cover   := -O0 -g --coverage
OPT_fuzz    := $(OPT_asan) -fsanitize=fuzzer-no-link
OPT         := $(OPT_$(CONFIG))
ifeq ($(OPT),)
$(error CONFIG must be release, asan, tsan, cover or fuzz)
endif

# Less optimised or instrumented, the compiler sees less and warns of more.
ifneq ($(CONFIG),release)
WARN += -Wno-format-truncation -Wno-maybe-uninitialized
endif

# Libraries of the distribution; each is used by one folder (see STYLE.md).
PACKAGES = libavformat libavcodec libavutil libswresample sndfile fftw3 \
	    fftw3f jansson nettle sqlite3 cairo libzip libcurl zlib \
	    libzstd expat libarchive libebur128 libchromaprint \
	    libmicrohttpd \
	    $(shell pkg-config --exists hdf5-serial && echo hdf5-serial || \
	    echo hdf5)
# Asked once, and not before it is needed: "make deps" may have to come first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags \
	     $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)) \
	     -lfaiss -lbz2 -ldnnl -lopenblas -lgomp -lstdc++)$(PKG_LIBS)
COMPILE = $(CC) -I. -D_POSIX_C_SOURCE=200809L $(CPPFLAGS) $(PKG_CFLAGS) \
	  -std=c11 $(OPT) $(WARN) $(CFLAGS) -pthread -MMD -MP -c
# FAISS is C++: one file behind a header in C (ann/).
CXX_OF_CC = $(if $(findstring clang,$(CC)),clang++,$(CXX))
COMPILE_CXX = $(CXX_OF_CC) -I. $(CPPFLAGS) -std=c++17 $(OPT) \
	  $(filter-out -Wstrict-prototypes -Wmissing-prototypes,$(WARN)) \
	  $(CXXFLAGS) -pthread -MMD -MP -c
LINK    = $(CC) $(OPT) $(LDFLAGS) -pthread -Wl,--as-needed
LDLIBS  = $(PKG_LIBS) -lm
UNIT_LIBS = -lcmocka

# A part that builds runs on all cores, unless -j was given.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# V=1 shows the commands in full.
ifeq ($(V),1)
say =
else
say = @echo "  $(1)	$@";
endif

FOLDERS := base manifests audio dsp nn ann store synth draw fetch \
	   separate pitch embed align mine formats exchange review
OBJ  := $(patsubst %.c,$B/%.o,$(wildcard $(FOLDERS:%=%/*.c))) \
	$(patsubst %.cc,$B/%.o,$(wildcard ann/*.cc))
LIB  := $B/libchad.a
CMDS := $(patsubst cmd/%.c,$B/bin/%,$(wildcard cmd/chad-*.c))
# NPM=no builds what needs no packages of npm.
ifeq ($(NPM),no)
CMDS := $(filter-out %/chad-review,$(CMDS))
endif
UNIT := $(patsubst tests/unit/%.c,$B/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$B/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
SHIMS := $(patsubst %.c,$B/%.so,$(wildcard tests/lib/shim/*.c))
BENCH := $(patsubst tests/bench/%.c,$B/tests/%,$(wildcard tests/bench/bench_*.c))
TESTLIB := $(patsubst %.c,$B/%.o,$(wildcard tests/lib/*.c))

.PHONY: all commands check check-all check-unit check-fuzz check-cli check-web \
	golden \
	programs lint asan tsan valgrind fuzz bench bench-decode bench-pitch \
	bench-separate bench-train bench-feature bench-fetch bench-store \
	bench-review cover \
	tidy format install clean help deps demo kill mutate
.DELETE_ON_ERROR:
.SECONDARY:

## all: build every command into build/release/bin
all: deps
	@$(MAKE) --no-print-directory $(PARALLEL) commands

commands: $(CMDS)
programs: $(CMDS) $(UNIT) $(FUZZ) $(SHIMS)

$(LIB): $(OBJ)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

$B/bin/%: $B/cmd/%.o $(LIB)
	$(call say,LD)mkdir -p $(@D) && \
	  $(LINK) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

$B/bin/chad-manifest: $B/cmd/manifest_pass.o

$B/tests/test_%: $B/tests/unit/test_%.o $(TESTLIB) $(LIB)
	$(call say,LD)mkdir -p $(@D) && \
	  $(LINK) -o $@ $(filter %.o,$^) $(LIB) $(UNIT_LIBS) $(LDLIBS)

# The page, compiled into the program that serves it.  Packages are those of the
# lock file, fetched once for all kinds of build.
PAGE := build/page
$(PAGE)/node_modules: review/page/package.json review/page/package-lock.json
	$(call say,NPM)mkdir -p $(PAGE) && cp $^ $(PAGE) && rm -rf $@ && \
	  { (cd $(PAGE) && npm ci --ignore-scripts --omit=dev --no-audit \
	  --no-fund --loglevel=error < /dev/null > /dev/null) || \
	  { rm -rf $@; echo "The packages of chad-review's page could not be" \
	  "fetched: see that npm reaches its registry, or build all but" \
	  "chad-review by NPM=no" >&2; \
	  exit 1; }; } && touch $@

$(PAGE)/page_files.c: review/page/embed.py $(wildcard review/page/*.*) \
    $(PAGE)/node_modules
	$(call say,PAGE)python3 $< review/page $(PAGE)/node_modules > $@

$B/review/page_files.o: $(PAGE)/page_files.c
	$(call say,CC)mkdir -p $(@D) && \
	  $(COMPILE) -o $@ $<

$B/bin/chad-review $B/tests/test_page_files: $B/review/page_files.o

$B/tests/fuzz_%: $B/tests/fuzz/fuzz_%.o $B/tests/fuzz/replay.o $(LIB)
	$(call say,LD)mkdir -p $(@D) && \
	  $(LINK) -o $@ $^ $(LDLIBS)

$B/tests/bench_%: $B/tests/bench/bench_%.o $(TESTLIB) $(LIB)
	$(call say,LD)mkdir -p $(@D) && \
	  $(LINK) -o $@ $< $(TESTLIB) $(LIB) $(LDLIBS)

$B/tests/%_speed: $B/tests/bench/%_speed.o $(LIB)
	$(call say,LD)mkdir -p $(@D) && \
	  $(LINK) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)


# Preloaded into commands by tests that make a call fail.
$B/tests/lib/shim/%.so: tests/lib/shim/%.c
	$(call say,LD)mkdir -p $(@D) && \
	  $(CC) -std=c11 -O1 -g $(WARN) -fPIC -shared -o $@ $< -ldl

$B/hunt/%: $B/tests/fuzz/fuzz_%.o $(LIB)
	$(call say,LD)mkdir -p $(@D) && \
	  $(LINK) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# Code that reads what strangers wrote is also held to -Wconversion.
$B/base/%.o $B/manifests/%.o $B/store/%.o $B/fetch/%.o $B/formats/%.o \
$B/exchange/%.o $B/review/%.o: WARN += -Wconversion

# The layers are plain loops; the compiler turns them into vector code.
ifeq ($(CONFIG),release)
$B/nn/%.o $B/pitch/%spectral.o $B/pitch/spectral_%.o $B/pitch/pitch_net.o \
$B/pitch/voiced_path.o $B/separate/umx_net.o: \
	OPT += -O3 -fno-math-errno
$B/pitch/%spectral.o $B/pitch/spectral_%.o $B/nn/spectral_%.o \
$B/nn/product_tile.o $B/nn/lstm.o $B/separate/umx_net.o: \
	OPT += -ffp-contract=fast
endif

$B/%.o: %.c
	$(call say,CC)mkdir -p $(@D) && \
	  $(COMPILE) -o $@ $<

$B/%.o: %.cc
	$(call say,CXX)mkdir -p $(@D) && \
	  $(COMPILE_CXX) -o $@ $<

## deps: install the missing packages (apt; asks first unless root or YES=1)
deps:
	@tests/lib/deps.sh

## check: unit tests, fuzz inputs replayed, command-line tests, lint
check: deps
	@$(MAKE) --no-print-directory check-all

TOTALS := $B/totals

check-all:
	@rm -rf $(TOTALS) && mkdir -p $(TOTALS)
	@$(MAKE) --no-print-directory $(PARALLEL) -k programs
	@$(MAKE) --no-print-directory -k check-unit check-fuzz check-cli lint; \
	  status=$$?; tests/lib/total.sh $(TOTALS) && exit $$status

check-unit: $(UNIT) $(SHIMS)
	@mkdir -p $(TOTALS)
	@RUN="$(RUN)" TOTALS="$(TOTALS)/unit" tests/unit/run.sh $(UNIT)

check-fuzz: $(FUZZ)
	@mkdir -p $(TOTALS)
	@RUN="$(RUN)" TOTALS="$(TOTALS)/fuzz" tests/fuzz/run.sh $^

check-cli: $(CMDS)
	@mkdir -p $(TOTALS)
	@status=0; export BIN="$(CURDIR)/$B/bin" RUN="$(RUN)"; \
	  TOTALS="$(TOTALS)/cli" tests/cli/run.sh $(CASES) || status=1; \
	  TOTALS="$(CURDIR)/$(TOTALS)/every" tests/cli/every.sh || status=1; \
	  exit $$status

## check-web: the page in Chromium; screenshots in build/web/screens
check-web: deps $B/bin/chad-review commands
	@tests/lib/deps.sh chromium
	@BIN="$(CURDIR)/$B/bin" OUT="$(CURDIR)/build/web" tests/web/run.sh $(WEB)

## golden: rewrite what the command-line tests expect, all or those of
##         CASES="chad-f0 chad-align/help" (read the diff!)
golden: $(CMDS)
	@BIN="$(CURDIR)/$B/bin" GOLDEN=1 tests/cli/run.sh $(CASES)

## lint: include directions, banned calls, names, manual pages, scripts
lint:
	@mkdir -p $(TOTALS)
	@TOTALS="$(CURDIR)/$(TOTALS)/lint" tests/lint/run.sh

## asan, tsan: the same checks under the sanitizers
asan tsan: export CHAD_ARENA = malloc
asan tsan mutate: export LSAN_OPTIONS = suppressions=$(CURDIR)/tests/lib/leaks.txt:print_suppressions=0
asan tsan: deps
	$(MAKE) CONFIG=$@ check-all

## valgrind: the same checks under valgrind (takes an hour)
valgrind: deps
	LIMIT=7200 $(MAKE) check-all \
	  RUN="valgrind -q --leak-check=full --error-exitcode=99 \
	  --suppressions=$(CURDIR)/tests/lib/valgrind.txt"

## fuzz: hunt for new failing inputs, as in "make fuzz TARGET=record"
fuzz:
	$(MAKE) CC=clang CONFIG=fuzz WERROR= build/fuzz/hunt/$(TARGET)
	@mkdir -p build/fuzz/corpus/$(TARGET)
	build/fuzz/hunt/$(TARGET) -max_total_time=$(or $(SECONDS),300) \
	  build/fuzz/corpus/$(TARGET) tests/fuzz/corpus/$(TARGET)

## demo: the whole loop on a made-up corpus, in minutes (see demo/index.html)
demo: all
	@BIN="$(CURDIR)/$B/bin" recipes/demo.sh

## kill: chad-mine killed at ten random moments ends as if undisturbed
kill: all
	@BIN="$(CURDIR)/$B/bin" tests/kill.sh

## mutate: 2000 spoiled sound files through chad-decode under the sanitizers
mutate:
	$(MAKE) CONFIG=asan build/asan/bin/chad-decode
	@BIN="$(CURDIR)/build/asan/bin" tests/mutate.sh

## bench: timings; their ratios beside those of tests/bench/baseline.json
bench: $(BENCH)
	@tests/bench/run.sh $^

## bench-pitch: chad-f0 beside Praat, aubio and PyTorch on real voices: a table
bench-pitch: deps commands $B/tests/net_speed
	@BIN="$(CURDIR)/$B/bin" NET_SPEED="$(CURDIR)/$B/tests/net_speed" \
	  tests/bench/pitch.sh

## bench-fetch: chad-fetch beside "curl --parallel" on one nginx; and 1000 files
##              with faults, killed ten times
bench-fetch: deps $B/bin/chad-fetch
	@BIN="$(CURDIR)/$B/bin" tests/bench/fetch.sh
	@BIN="$(CURDIR)/$B/bin" tests/bench/fetch.sh --crowd

## bench-store: chad-store beside Python's sqlite3, with a million fragments
bench-store: deps $B/bin/chad-store
	@BIN="$(CURDIR)/$B/bin" tests/bench/store.sh

## bench-separate: separation networks beside PyTorch's: two tables
bench-separate: deps $B/bin/chad-model $B/tests/umx_speed $B/tests/tdf_speed
	@BIN="$(CURDIR)/$B/bin" UMX_SPEED="$(CURDIR)/$B/tests/umx_speed" \
	  TDF_SPEED="$(CURDIR)/$B/tests/tdf_speed" tests/bench/separate.sh

## bench-decode: chad-decode beside ffmpeg on four kinds of file: a table
bench-decode: deps $B/bin/chad-decode
	@BIN="$(CURDIR)/$B/bin" tests/bench/decode.sh

## bench-train: training of ResNet18 beside PyTorch's: a table
bench-train: deps $B/tests/train_speed
	@TRAIN_SPEED="$(CURDIR)/$B/tests/train_speed" tests/bench/train.sh

## bench-feature: spectral features beside PyTorch's: a table
bench-feature: deps $B/tests/bench_feature
	@BENCH_FEATURE="$(CURDIR)/$B/tests/bench_feature" tests/bench/feature.sh

## bench-review: the traffic of 200 annotators against chad-review on one core
bench-review: deps commands
	@BIN="$(CURDIR)/$B/bin" OUT="$(CURDIR)/build/web" tests/bench/review.sh

## cover: line coverage of "make check" (text, from gcov)
cover:
	$(MAKE) CONFIG=cover check-all
	@tests/lib/cover.sh build/cover

## tidy: clang-tidy over the sources
tidy:
	clang-tidy --quiet $(wildcard $(FOLDERS:%=%/*.c)) cmd/*.c -- -I. \
	  -D_POSIX_C_SOURCE=200809L -std=c11 $(PKG_CFLAGS)

## format: lay out the files named in FILES="base/x.c ..." by .clang-format
format:
	clang-format -i $(FILES)

PREFIX ?= /usr/local

## install: commands, manual pages, models and recipes under DESTDIR, PREFIX
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/chad/models \
	  $(DESTDIR)$(PREFIX)/share/chad/recipes
	install $(CMDS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(wildcard cmd/*.1) $(DESTDIR)$(PREFIX)/share/man/man1
	for f in models/*.safetensors models/*.json recipes/*.json; do \
	  [ ! -e "$$f" ] || install -m 644 "$$f" \
	    "$(DESTDIR)$(PREFIX)/share/chad/$$f" || exit 1; done

## clean: remove everything that was built
clean:
	rm -rf build

## help: this list
help:
	@sed -n 's/^## //p' Makefile

-include $(shell find $B -name '*.d' 2>/dev/null)
