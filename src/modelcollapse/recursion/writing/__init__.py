"""How a language model writes: decoding, beams, caches, files of samples."""
