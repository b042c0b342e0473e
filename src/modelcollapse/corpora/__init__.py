"""Human data in: embedded and published corpora, images, tokenizers, prompts."""
