"""Speed, as ratios to a yardstick in the same run: machines are noisy, ratios less so."""
