"""A host's SSH identity: made once, kept as a secret of the stack, the same after the host is rebuilt.

Nova makes the pair, so no key is ever in a file or in git. It serves as the server's own key, not for log-in.
"""

import pulumi
from pulumi_openstack import compute


class HostKey(pulumi.ComponentResource):
    """The pair; `public` is pinned in known_hosts before the first connection."""

    public: pulumi.Output[str]
    private: pulumi.Output[str]

    def __init__(self, stack: str, host: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ganyun:infra:HostKey", host, None, opts)
        pair = compute.Keypair(
            host,
            name=f"{stack}-host-{host}",
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["privateKey"]),
        )
        self.public = pair.public_key.apply(lambda key: key.strip())
        self.private = pair.private_key
        self.register_outputs({"public": self.public})
