"""What people see and ask for: the command line, the live page and the JSON behind both.

Reads rows and writes intents through the store; never speaks to Asterisk. A composition root.
"""
