"""Going through a list of the API to its end."""


def items(client, path):
    """Everything that a list has, page by page, by the header that leads on."""
    found = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        path = answer.links.get("next", {}).get("url")
    return found
