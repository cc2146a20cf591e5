"""What every capability with findings shares: the model, fingerprints, suppressions, comparison with a base, SARIF."""
