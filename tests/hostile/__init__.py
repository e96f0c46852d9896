"""What no honest Asterisk would say: mangled AGI and AMI streams, and strangers on the FastAGI port."""
