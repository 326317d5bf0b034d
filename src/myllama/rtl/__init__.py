"""MyHDL blocks, one file per block, named as in `myllama.model`."""
