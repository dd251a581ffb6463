"""The evolution of sums of terms whose weights are fitted: what differs from that of single formulas."""
