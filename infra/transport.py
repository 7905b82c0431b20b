"""Nothing of ours is spoken to over plain HTTP, and none of our roles speaks it."""

from aws_cdk import aws_iam as iam

PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def refuse_plain_http(role: iam.Role) -> None:
    """For what has no policy of its own to refuse it by: whatever the role calls, it calls over TLS.

    A call that an AWS service makes on the role's behalf is the service's own affair.
    """
    role.add_to_policy(
        iam.PolicyStatement(
            sid="TlsOnly",
            effect=iam.Effect.DENY,
            actions=["*"],
            resources=["*"],
            conditions={"Bool": {**PLAIN_HTTP["Bool"], "aws:ViaAWSService": "false"}},
        )
    )


def tls_only(*actions: str) -> iam.PolicyDocument:
    """The policy of a resource that has no `enforce_ssl` of its own."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="TlsOnly",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=list(actions),
                resources=["*"],
                conditions=PLAIN_HTTP,
            )
        ]
    )
