"""The domain names of addresses: the ledger's key, innermost first, below the province's domain."""

LABEL = 63  # RFC 1035


def dns_name(key: str, domain: str) -> str:
    """`<division>/public/website/gw-1` → `gw-1.website.public.<division>.<domain>`, without the final dot."""
    labels = [part.lstrip("_")[:LABEL].rstrip("-") for part in reversed(key.split("/"))]
    return ".".join([*labels, domain])
