"""`dsol vocab`: what more tokens for the user's text would buy, and a base that has them.

New tokens buy decoding speed: fewer steps for the same text. They hardly buy quality, and on small data they often cost
some (arXiv 2401.01055); Chinese-LLaMA's 20,000 tokens about doubled the speed (arXiv 2304.08177). So everything here is
measured on text that the tokens were not taken from.

The tokens are what byte-pair encoding (Sennrich et al. 2016) would have learnt next: its training goes on from the
base's own tokens, and each new token enters with its real merge, behind all merges of the base. `add_tokens` would be
less work, but such tokens are cut out of a text before anything else: they cut across words ("art" out of "party"), and
the rest is split in another way than the model has learnt. Late merges can only join what the base has split: every
new token stands for the same pieces wherever it occurs, and text without new tokens is split as before, to the token.

texts: read and part the text. spelling: what a token stands for. pieces: a text as runs of the base's tokens.
candidates: learn merges. extension: put them into the tokenizer. measure, gain: what they buy. report: all of that.
rows, training: the embeddings. bits, speed: what came out. apply: write the new base. command, show: the command line.
"""
