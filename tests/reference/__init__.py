"""The office as the policy's clauses have it: an executable model that shares nothing with the product.

The ledger's own reference models share assumptions with the ledger. This one is written from the clauses alone (their
ids, `I4`, are those of the care policy) and imports no module of the product; `test_shares_nothing.py` holds that. It
is the simplest thing that is plainly right, not a fast one: whenever something is asked, all open time is laid down
anew from everything that is known. Only what a month had settled when it closed is kept, because that never changes.

`events`    what can become known, in plain records
`world`     what is known: the facts, and the questions that need nothing but facts
`settled`   what closed months settled, and which of it differs from the facts of today
`laying`    open time and differences, laid over cards, allowances and invoices in the order of work
`office`    hears events one after the other and answers: balances, cards, entries, invoices, who was told what

How each open point is read stands at the place that decides it.
"""
