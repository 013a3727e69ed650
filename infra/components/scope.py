"""A provider that acts inside one project, which Nova takes from the token, and Neutron too from all but an admin."""

from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack

from infra.preflight import BLANK, Cloud


def scoped(
    name: str,
    cloud: Cloud,
    project: pulumi.Input[str],
    parent: pulumi.Resource | None = None,
    first: Sequence[pulumi.Resource] = (),
) -> openstack.Provider:
    """The stack's own user in that project, once `first` exists."""
    auth = cloud.auth
    return openstack.Provider(
        name,
        # An entry of clouds.yaml, even one named by OS_CLOUD, would override the project: none must be in sight.
        cloud="",
        auth_url=auth["auth_url"],
        region=cloud.region,
        user_name=auth.get("username"),
        user_id=auth.get("user_id"),
        password=pulumi.Output.secret(auth["password"]),
        user_domain_name=auth.get("user_domain_name"),
        user_domain_id=auth.get("user_domain_id"),
        tenant_id=project,
        insecure=not cloud.verify,
        cacert_file=cloud.cacert,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(first), env_var_mappings={BLANK: "OS_CLOUD"}),
    )
