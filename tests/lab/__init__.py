"""A lab of real hosts in network namespaces, with known truth and no way out."""
