#!/usr/bin/python3
"""Write the files of the page as C, for review/page_files.h.

embed.py FOLDER MODULES > page_files.c

FOLDER is review/page/, MODULES the node_modules that npm has made of its lock
file.  Each file is known by its name alone.
"""
import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
# Name on the page: where it lies.
PACKAGED = {
    "wavesurfer.esm.js": "wavesurfer.js/dist/wavesurfer.esm.js",
    "regions.esm.js": "wavesurfer.js/dist/plugins/regions.esm.js",
    "wavesurfer-licence.txt": "wavesurfer.js/LICENSE",
}
BYTES_A_LINE = 12


def main():
    folder, modules = sys.argv[1:]
    paths = {name: os.path.join(modules, path)
             for name, path in PACKAGED.items()}
    for name in os.listdir(folder):
        if os.path.splitext(name)[1] in TYPES:
            if name in paths:
                sys.exit("review/page/%s has the name of a packaged file"
                         % name)
            paths[name] = os.path.join(folder, name)
    rows = []
    print("/* Made by review/page/embed.py. */\n"
          "#include <string.h>\n\n"
          '#include "review/page_files.h"\n')
    for i, name in enumerate(sorted(paths)):
        with open(paths[name], "rb") as f:
            data = f.read()
        print("static const unsigned char file_%d[] = {" % i)
        for at in range(0, len(data), BYTES_A_LINE):
            print("\t" + ", ".join("%d" % b for b in
                                   data[at:at + BYTES_A_LINE]) + ",")
        print("\t0\n};\n")
        rows.append('\t{ "%s", "%s",\n\t    file_%d, %d, "\\"%s\\"" },' % (
            name, TYPES[os.path.splitext(name)[1]], i, len(data),
            hashlib.sha256(data).hexdigest()[:32]))
    print("static const struct page_file files[] = {")
    print("\n".join(rows))
    print("""};

#define N_FILES (sizeof(files) / sizeof(files[0]))

const struct page_file *
page_files_find(const char *name)
{
	for (size_t i = 0; i < N_FILES; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

const struct page_file *
page_files_at(size_t i)
{
	return i < N_FILES ? &files[i] : NULL;
}""")


main()
