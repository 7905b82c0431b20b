"""Network interfaces of tasks: which addresses they have, public ones too."""

from typing import Any

from botocore.exceptions import ClientError

from functions.core.errors import NotFound


class Interfaces:
    """`client`: of EC2; the stubs that are installed do not know this service."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def addresses(self, interface: str) -> tuple[str, ...]:
        """Of both families. Raises NotFound for an interface that is gone."""
        try:
            answer = self._client.describe_network_interfaces(NetworkInterfaceIds=[interface])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "InvalidNetworkInterfaceID.NotFound":
                raise NotFound(f"there is no interface {interface}") from None
            raise
        if not answer["NetworkInterfaces"]:
            raise NotFound(f"there is no interface {interface}")
        found = answer["NetworkInterfaces"][0]
        fours = found.get("PrivateIpAddresses", ())
        private = (each["PrivateIpAddress"] for each in fours)
        public = (each.get("Association", {}).get("PublicIp", "") for each in (found, *fours))
        sixes = (each["Ipv6Address"] for each in found.get("Ipv6Addresses", ()))
        return tuple(dict.fromkeys(address for address in (*public, *private, *sixes) if address))
