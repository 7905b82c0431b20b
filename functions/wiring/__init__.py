"""The composition roots: what each entry point is made of, from its environment, made once and when first asked for."""
