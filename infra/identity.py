"""Who knows the people: a user pool of the app's own, unless the stage names another issuer."""

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from functions.core.identity import REDIRECT_URIS
from infra.acknowledge import acknowledge
from infra.settings import Issuer, Stage

OWNERS = "vedette-owners"
GROUP_CLAIM = "cognito:groups"
TOKEN_LIFE = Duration.minutes(15)
"""Who leaves the pool, or its owners, is out within it; memberships are read at every request."""
LOGIN_LIFE = Duration.hours(12)


class Identity(Construct):
    """`issuer`: the one that the stage names, or the pool."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self.issuer = stage.identity or self._own(stage)

    def _own(self, stage: Stage) -> Issuer:
        pool = self._pool(stage)
        client = self._client(pool)
        pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"vedette-{stage.name}-{Aws.ACCOUNT_ID}"),
        )
        cognito.CfnUserPoolGroup(
            self, "Owners", user_pool_id=pool.user_pool_id, group_name=OWNERS, description="Owners of the organisation"
        )
        CfnOutput(Stack.of(self), "UserPoolId", value=pool.user_pool_id)
        return Issuer(
            issuer=f"https://cognito-idp.{Aws.REGION}.amazonaws.com/{pool.user_pool_id}",
            client_id=client.user_pool_client_id,
            group_claim=GROUP_CLAIM,
            owner_group=OWNERS,
            discovery=f"{stage.endpoint}/{pool.user_pool_id}" if stage.local else "",
        )

    def _pool(self, stage: Stage) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            # A new address counts when it is verified, and until then the old one does.
            keep_original=cognito.KeepOriginalAttrs(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=stage.keep_data,
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
        acknowledge(
            pool,
            {
                "AwsSolutions-COG3": "Threat protection is a plan that is paid by the user; MFA is required of everyone.",
                "AwsSolutions-COG8": "The Plus plan is paid by the user; MFA is required of everyone.",
            },
        )
        return pool

    def _client(self, pool: cognito.UserPool) -> cognito.UserPoolClient:
        """A command line keeps no secret: PKCE takes its place. Passwords are typed on the pool's own pages alone."""
        client = pool.add_client(
            "CommandLine",
            generate_secret=False,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
                callback_urls=list(REDIRECT_URIS),
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=TOKEN_LIFE,
            access_token_validity=TOKEN_LIFE,
            refresh_token_validity=LOGIN_LIFE,
        )
        # The construct cannot say "none but this"; left out, every client may send passwords.
        resource = client.node.default_child
        if not isinstance(resource, cognito.CfnUserPoolClient):
            raise TypeError(f"{client.node.path} is not made of a CloudFormation resource.")
        resource.explicit_auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH"]
        return client
