"""`pydocs`: human English prose from the docstrings of installed packages, without importing any of them."""
