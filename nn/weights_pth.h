/*
 * weights_pth -- weights out of a PyTorch file, without PyTorch.
 *
 * torch.save writes (since PyTorch 1.6) a zip archive: ROOT/data.pkl, which
 * describes the tensors (nn/pickle.h), ROOT/data/KEY with the values of each
 * storage, and perhaps ROOT/byteorder.  Entries are stored or deflated.
 */
#ifndef NN_WEIGHTS_PTH_H
#define NN_WEIGHTS_PTH_H

#include "base/error.h"

#include "nn/weights.h"

/*
 * All floating point tensors of the file under their names and in their
 * shapes, without metadata; other tensors (counters) are left out.  Free with
 * weights_free.  NULL with an error.
 */
struct weights *weights_pth_load(const char *path, struct error *err)
    MUST_CHECK;

#endif
