"""What a scan of a network will take and cost, before it is asked for."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.counting import HOSTS, OPEN_PORTS
from functions.core.errors import InvalidInput
from functions.core.estimate import Estimate, PricedPreview, density_of, estimate
from functions.core.network import NetworkDraft
from functions.core.planner import Shape, preview_of, shape_of
from functions.core.prices import Architecture, Machine
from functions.core.profile import Profile
from functions.core.scan import Snapshot
from functions.store.counters import Counters
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.usecases.bounds import Bounds
from functions.usecases.networks import draft_of, validate_draft
from functions.usecases.start_scan import snapshot_of


@dataclass(frozen=True, kw_only=True)
class EstimateScan:
    """`machine`: what the stage's tasks run on; `start_s`: from a task's launch to its claim; `steps_s`: of the workflow around it."""

    networks: Networks
    projects: Projects
    counters: Counters
    bounds: Bounds
    machine: Machine
    max_tasks: int
    chunk_seconds: int
    start_s: int
    steps_s: float

    def __call__(
        self,
        *,
        project: str,
        network: str,
        now: datetime,
        region: str = "",
        architecture: Architecture | None = None,
    ) -> Estimate:
        """Of the whole network; elsewhere than the stage runs where `region` or `architecture` says so.

        Raises NotFound, InvalidInput, also for a region without prices, OutOfScope.
        """
        draft = draft_of(self.networks.get(project, network))
        snapshot = self._snapshot(draft, project, now)
        machine = self.machine.model_copy(
            update={
                "region": region or self.machine.region,
                "architecture": architecture or self.machine.architecture,
            }
        )
        return self._estimate(self._shape(snapshot, project), snapshot.profile, machine, project, network)

    def preview(self, draft: NetworkDraft, *, project: str, now: datetime, network: str = "") -> PricedPreview:
        """What a scan of such a network would be; `network`: the one that it is of. Raises InvalidInput, OutOfScope."""
        snapshot = self._snapshot(draft, project, now)
        shape = self._shape(snapshot, project)
        counted = PricedPreview(**dict(preview_of(shape)))
        try:
            priced = self._estimate(shape, snapshot.profile, self.machine, project, network)
        except InvalidInput:
            return counted  # there are no prices for where this runs, and all else holds
        return counted.model_copy(update={"estimate": priced})

    def _snapshot(self, draft: NetworkDraft, project: str, now: datetime) -> Snapshot:
        validate_draft(draft, admit_loopback=self.bounds.admit_loopback)
        exclusions = self.bounds.excluded(draft.exclusions)
        self.bounds.lean(project, draft.targets, exclusions, at=now)
        return snapshot_of(draft).model_copy(update={"exclusions": exclusions})

    def _shape(self, snapshot: Snapshot, project: str) -> Shape:
        """As *Plan chunks* cuts it: under what the project's scans share."""
        shared = self.projects.limits(project)
        return shape_of(
            snapshot=snapshot.model_copy(update={"rate": min(snapshot.rate, shared.rate or snapshot.rate)}),
            max_tasks=min(self.max_tasks, shared.max_tasks or self.max_tasks),
            chunk_seconds=self.chunk_seconds,
            admit_loopback=self.bounds.admit_loopback,
        )

    def _estimate(self, shape: Shape, profile: Profile, machine: Machine, project: str, network: str) -> Estimate:
        known = self.counters.total(project, network) if network else {}
        density = density_of(shape, hosts=known.get(HOSTS, 0), open_ports=known.get(OPEN_PORTS, 0))
        return estimate(shape, profile, density, machine, start_s=self.start_s, steps_s=self.steps_s)
