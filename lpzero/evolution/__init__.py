"""Evolution of formulas: individuals, variation, selection, islands; what is around it in folders of their own."""
