"""`ci-actions doctor`: what is wrong with the workflows that call ours, and with what surrounds those calls.

`files` reads them, `callees` finds out what each `uses` names and takes, each module in `rules/` asks one kind of question,
`judging` puts the answers together, and `text`, `document` and `sarif_out` say them.
"""
