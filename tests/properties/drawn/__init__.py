"""Random models of one operator, for every operator and every width of its tensors."""
