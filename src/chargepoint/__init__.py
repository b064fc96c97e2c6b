"""A charge-point controller for Linux boards: facts come in, pure rooms decide, thin shells act."""
