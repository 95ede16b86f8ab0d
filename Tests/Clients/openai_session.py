#!/usr/bin/env python3
"""OpenAI's own package against the operator's own address, unchanged.

usage: openai_session.py --base-url URL --key TOKEN

Models `chat`, `hasty` (a chat without retries) and `embed` must be there, before
Fixtures/remote/mock_upstream.py with 8 numbers an embedding. Ends with status
77 when the package is not installed.
"""
import argparse
import sys

try:
    import openai
except ImportError:
    sys.exit(77)


def check(what, found, expected):
    if found != expected:
        sys.exit("%s: %r, not %r" % (what, found, expected))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    client = openai.OpenAI(base_url=options.base_url, api_key=options.key, max_retries=0)
    messages = [{"role": "user", "content": "one two \"three\" é"}]

    check("models", sorted(model.id for model in client.models.list()), ["chat", "embed", "hasty"])
    check("model", client.models.retrieve("embed").id, "embed")

    answer = client.chat.completions.create(model="chat", messages=messages)
    check("chat", answer.choices[0].message.content, "echo:one two \"three\" é")
    check("name", answer.model, "chat")
    check("tokens", answer.usage.prompt_tokens > 0, True)
    answer = client.chat.completions.create(model="chat:v1", messages=messages)
    check("name with a version", answer.model, "chat:v1")

    pieces, names = [], set()
    for event in client.chat.completions.create(model="chat", messages=messages, stream=True):
        names.add(event.model)
        pieces += [choice.delta.content or "" for choice in event.choices]
    check("stream", "".join(pieces), "echo:one two \"three\" é")
    check("pieces", len(pieces) > 2, True)
    check("name in a stream", names, {"chat"})

    vectors = client.embeddings.create(model="embed", input=["a", "b", "a"]).data
    check("embeddings", [len(vector.embedding) for vector in vectors], [8, 8, 8])
    check("order", vectors[0].embedding, vectors[2].embedding)

    for name, error in (("nobody", openai.NotFoundError), ("embed", openai.BadRequestError)):
        try:
            client.chat.completions.create(model=name, messages=messages)
            sys.exit("a chat with %s was answered" % name)
        except error as refusal:
            check("message", bool(refusal.message), True)
    stranger = openai.OpenAI(base_url=options.base_url, api_key="wrong", max_retries=0)
    try:
        stranger.models.list()
        sys.exit("a stranger was answered")
    except openai.AuthenticationError:
        pass
    late = [{"role": "user", "content": "[[fault:429:2]]"}]
    try:
        client.with_options(timeout=30).chat.completions.create(model="hasty", messages=late)
        sys.exit("a refusal was not passed on")
    except openai.RateLimitError:
        pass


main()
