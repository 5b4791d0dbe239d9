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
OPT_fuzz    := $(OPT_asan) -fsanitize=fuzzer-no-link
OPT         := $(OPT_$(CONFIG))
ifeq ($(OPT),)
$(error CONFIG must be release, asan, tsan or fuzz)
endif

# Libraries of the distribution; each is used by one folder (see STYLE.md).
PACKAGES := libavformat libavcodec libavutil libswresample sndfile fftw3f \
	    jansson nettle sqlite3 cairo libzip
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS   = $(shell pkg-config --libs $(PACKAGES)) -ldnnl -lopenblas -lgomp
COMPILE = $(CC) -I. -D_POSIX_C_SOURCE=200809L $(CPPFLAGS) $(PKG_CFLAGS) \
	  -std=c11 $(OPT) $(WARN) $(CFLAGS) -pthread -MMD -MP -c
LINK    = $(CC) $(OPT) $(LDFLAGS) -pthread -Wl,--as-needed
LDLIBS  = $(PKG_LIBS) -lm
UNIT_LIBS = -lcmocka

FOLDERS := base manifests audio dsp nn store synth draw \
	   separate pitch embed align mine
OBJ  := $(patsubst %.c,$B/%.o,$(wildcard $(FOLDERS:%=%/*.c)))
LIB  := $B/libchad.a
CMDS := $(patsubst cmd/%.c,$B/bin/%,$(wildcard cmd/chad-*.c))
UNIT := $(patsubst tests/unit/%.c,$B/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$B/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH := $(patsubst tests/bench/%.c,$B/tests/%,$(wildcard tests/bench/bench_*.c))
TESTLIB := $(patsubst %.c,$B/%.o,$(wildcard tests/lib/*.c))

.PHONY: all check check-unit check-fuzz check-cli golden lint asan tsan \
	valgrind fuzz bench clean help deps demo install
.DELETE_ON_ERROR:
.SECONDARY:

## all: build every command into build/release/bin
all: $(CMDS)

$(LIB): $(OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$B/bin/%: $B/cmd/%.o $(LIB)
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(LIB) $(LDLIBS)

$B/tests/test_%: $B/tests/unit/test_%.o $(TESTLIB) $(LIB)
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(TESTLIB) $(LIB) $(UNIT_LIBS) $(LDLIBS)

$B/tests/fuzz_%: $B/tests/fuzz/fuzz_%.o $B/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LDLIBS)

$B/tests/bench_%: $B/tests/bench/bench_%.o $(TESTLIB) $(LIB)
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(TESTLIB) $(LIB) $(LDLIBS)

$B/hunt/%: $B/tests/fuzz/fuzz_%.o $(LIB)
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# Code that reads what strangers wrote is also held to -Wconversion.
$B/base/%.o $B/manifests/%.o $B/store/%.o: WARN += -Wconversion

# The layers are plain loops; the compiler turns them into vector code.
ifeq ($(CONFIG),release)
$B/nn/layer_%.o: OPT += -O3
endif

$B/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -o $@ $<

## deps: install the missing packages (apt; asks first unless root or YES=1)
deps:
	@tests/lib/deps.sh

## check: unit tests, fuzz inputs replayed, command-line tests, lint
check: deps
	@$(MAKE) check-unit check-fuzz check-cli lint

check-unit: $(UNIT)
	@for t in $^; do echo "$$t"; $(RUN) $$t || exit 1; done

check-fuzz: $(FUZZ)
	@for t in $^; do echo "$$t"; \
	  $(RUN) $$t tests/fuzz/corpus/$${t##*fuzz_}/* || exit 1; done

check-cli: $(CMDS)
	@BIN="$(CURDIR)/$B/bin" RUN="$(RUN)" tests/cli/run.sh

## golden: rewrite what the command-line tests expect (read the diff!)
golden: $(CMDS)
	@BIN="$(CURDIR)/$B/bin" GOLDEN=1 tests/cli/run.sh

## lint: include directions, banned functions
lint:
	@tests/lint/includes.sh
	@tests/lint/banned.sh

## asan, tsan: the same checks under the sanitizers
asan tsan:
	CHAD_ARENA=malloc $(MAKE) CONFIG=$@ check

## valgrind: the unit and command-line checks under valgrind
valgrind:
	$(MAKE) RUN="valgrind -q --leak-check=full --error-exitcode=99" check

## fuzz: hunt for new failing inputs, as in "make fuzz TARGET=record"
fuzz:
	$(MAKE) CC=clang CONFIG=fuzz build/fuzz/hunt/$(TARGET)
	@mkdir -p build/fuzz/corpus/$(TARGET)
	build/fuzz/hunt/$(TARGET) -max_total_time=$(or $(SECONDS),300) \
	  build/fuzz/corpus/$(TARGET) tests/fuzz/corpus/$(TARGET)

## clean: remove everything that was built
clean:
	rm -rf build

## help: this list
help:
	@sed -n 's/^## //p' Makefile

-include $(shell find $B -name '*.d' 2>/dev/null)
