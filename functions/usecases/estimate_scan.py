"""What a scan of a network will take and cost, before it is asked for."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.choice import Means
from functions.core.errors import InvalidInput
from functions.core.estimate import Estimate, PricedPreview, estimate
from functions.core.network import NetworkDraft
from functions.core.planner import Shape, known_by, preview_of, shape_of
from functions.core.prices import Architecture, Machine
from functions.core.scan import Snapshot
from functions.store.counters import Counters
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.usecases.bounds import Bounds
from functions.usecases.networks import draft_of, validate_draft
from functions.usecases.start_scan import snapshot_of


@dataclass(frozen=True, kw_only=True)
class EstimateScan:
    networks: Networks
    projects: Projects
    counters: Counters
    bounds: Bounds
    means: Means

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
        stage = self.means.machine
        machine = stage.model_copy(
            update={"region": region or stage.region, "architecture": architecture or stage.architecture}
        )
        return self._estimate(self._shape(snapshot, project, network), machine)

    def preview(self, draft: NetworkDraft, *, project: str, now: datetime, network: str = "") -> PricedPreview:
        """What a scan of such a network would be; `network`: the one that it is of. Raises InvalidInput, OutOfScope."""
        snapshot = self._snapshot(draft, project, now)
        shape = self._shape(snapshot, project, network)
        counted = PricedPreview(**dict(preview_of(shape)))
        try:
            priced = self._estimate(shape, self.means.machine)
        except InvalidInput:
            return counted  # there are no prices for where this runs, and all else holds
        return counted.model_copy(update={"estimate": priced})

    def _snapshot(self, draft: NetworkDraft, project: str, now: datetime) -> Snapshot:
        validate_draft(draft, admit_loopback=self.bounds.admit_loopback)
        exclusions = self.bounds.excluded(draft.exclusions)
        self.bounds.lean(project, draft.targets, exclusions, at=now)
        return snapshot_of(draft).model_copy(update={"exclusions": exclusions})

    def _shape(self, snapshot: Snapshot, project: str, network: str) -> Shape:
        """As *Plan chunks* cuts it: by what is known of the network, under what the project's scans share."""
        shared = self.projects.limits(project)
        known = known_by(self.counters.total(project, network)) if network else None
        rate = min(snapshot.rate, shared.rate or snapshot.rate)
        return shape_of(
            snapshot=snapshot.model_copy(update={"rate": rate, "known": known}),
            means=self.means.for_tasks(shared.max_tasks),
            admit_loopback=self.bounds.admit_loopback,
        )

    def _estimate(self, shape: Shape, machine: Machine) -> Estimate:
        return estimate(shape, shape.density, machine, start_s=self.means.start_s, steps_s=self.means.steps_s)
