"""Random requests and frames against the deployed local stack."""
