"""The clauses of the policy that the code itself acts on; every other is the rules' own."""

UNDETERMINED = "I4"
"""A ticket whose cause is known late: its time is held, charged when its month closes, and the customer is told."""
