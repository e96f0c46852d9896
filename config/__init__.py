"""What this site is: its settings, its policy, its prompts, and the Asterisk files that follow from them.

Two sources with two owners. The *settings* (``config.settings``) say where things are and hold the secrets;
they come from the environment of a process and are read by composition roots only. The *policy*
(``config.policy``) says what the site has decided beforehand: components, scopes, times, what callers hear;
it is a YAML file under change control and holds no secret. Whatever is wrong with either is reported all at
once, each with its place and its remedy (``config.errors``).
"""
