"""What the HTTP API is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from functions.adapters import clients
from functions.adapters.aws_inventory import AwsInventory
from functions.adapters.export_objects import ExportObjects
from functions.adapters.queue import Queue
from functions.adapters.resolver import Resolver
from functions.adapters.results import Results
from functions.adapters.scan_objects import ScanObjects
from functions.adapters.scheduler import Scheduler
from functions.adapters.seals import Seals
from functions.adapters.txt_records import TxtRecords
from functions.adapters.workflow import Workflow
from functions.core.identity import LoginOffer
from functions.settings import HttpApiSettings
from functions.store.alert_groups import AlertGroups
from functions.store.alert_lists import AlertLists
from functions.store.alert_stories import AlertStories
from functions.store.alerts import Alerts
from functions.store.audit import AuditedTable
from functions.store.audit_log import AuditLog
from functions.store.authorities import Authorities, Exclusions
from functions.store.channels import Channels
from functions.store.counters import Counters
from functions.store.coverage_maps import CoverageMaps
from functions.store.exports import Exports
from functions.store.exposures import Exposures
from functions.store.halts import Halts
from functions.store.history import History
from functions.store.hosts import Hosts
from functions.store.idempotency import Idempotency
from functions.store.invitations import Invitations
from functions.store.ledger import Ledger
from functions.store.listeners import Listeners
from functions.store.live import Live
from functions.store.members import Members
from functions.store.networks import Networks
from functions.store.outbox import Outbox
from functions.store.projects import Projects
from functions.store.rules import Rules
from functions.store.scans import Scans
from functions.store.sources import Sources
from functions.store.table import Table
from functions.store.tickets import Tickets
from functions.store.tokens import Tokens
from functions.usecases.accept_baseline import AcceptBaseline
from functions.usecases.authorise import Authorise
from functions.usecases.authorities import ManageAuthorities
from functions.usecases.back_test import BackTest
from functions.usecases.channels import ManageChannels
from functions.usecases.delete_scan import DeleteScan
from functions.usecases.diff_scans import DiffScans
from functions.usecases.estimate_scan import EstimateScan
from functions.usecases.exclusions import ManageExclusions
from functions.usecases.explain_cell import ExplainCell
from functions.usecases.export import AskForExport
from functions.usecases.find_probes import FindProbes
from functions.usecases.halt import SetHalt
from functions.usecases.inventory import Inventory
from functions.usecases.members import ManageMembers
from functions.usecases.networks import ManageNetworks
from functions.usecases.next_run import NextRun
from functions.usecases.prove_authority import ProveAuthority
from functions.usecases.redrive_scan import RedriveScan
from functions.usecases.resume_scan import ResumeScan
from functions.usecases.review_network import Reconciled
from functions.usecases.rules import ManageRules
from functions.usecases.scan_ports import ScanPorts
from functions.usecases.start_scan import StartScan
from functions.usecases.stop_leaning import StopLeaning
from functions.usecases.stop_scan import StopScan
from functions.usecases.tokens import ManageTokens
from functions.usecases.triage import Triage
from functions.wiring.bounds import bounds_of
from functions.wiring.clock import Clock, utc_now
from functions.wiring.means import means_of
from functions.wiring.reviewing import review_network

RECONCILED_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class HttpApi:
    projects: Projects
    networks: Networks
    scans: Scans
    ledger: Ledger
    exposures: Exposures
    hosts: Hosts
    inventory: Inventory
    accept_baseline: AcceptBaseline
    alerts: Alerts
    alert_lists: AlertLists
    alert_groups: AlertGroups
    alert_stories: AlertStories
    triage: Triage
    channels: Channels
    outbox: Outbox
    manage_channels: ManageChannels
    rules: Rules
    manage_rules: ManageRules
    back_test: BackTest
    authorities: Authorities
    manage_authorities: ManageAuthorities
    exclusions: Exclusions
    manage_exclusions: ManageExclusions
    counters: Counters
    exports: Exports
    export_objects: ExportObjects
    ask_for_export: AskForExport
    tokens: Tokens
    manage_tokens: ManageTokens
    members: Members
    invitations: Invitations
    manage_members: ManageMembers
    authorise: Authorise
    audit_log: AuditLog
    find_probes: FindProbes
    seals: Seals
    idempotency: Idempotency
    live: Live
    listeners: Listeners
    tickets: Tickets
    scan_ports: ScanPorts
    scan_objects: ScanObjects
    diff_scans: DiffScans
    delete_scan: DeleteScan
    manage_networks: ManageNetworks
    start_scan: StartScan
    stop_scan: StopScan
    resume_scan: ResumeScan
    redrive_scan: RedriveScan
    halts: Halts
    set_halt: SetHalt
    explain_cell: ExplainCell
    estimate_scan: EstimateScan
    reconcile: Callable[..., Reconciled]
    """Takes `project`, `network` and `cursor`."""
    login: LoginOffer
    check_table: Callable[[], object]
    version: str
    now: Clock = utc_now


@cache
def http_api() -> HttpApi:
    settings = HttpApiSettings.from_environment()
    table = AuditedTable(clients.dynamodb(), settings.table, clock=utc_now)
    projects, networks, scans, ledger = Projects(table), Networks(table), Scans(table), Ledger(table)
    exposures, alerts, alert_lists = Exposures(table), Alerts(table), AlertLists(table)
    channels, outbox = Channels(table), Outbox(table)
    hosts, rules = Hosts(table), Rules(table)
    bounds = bounds_of(table, admit_loopback=settings.admit_loopback)
    authorities, exclusions = bounds.authorities, bounds.exclusions
    live_table = Table(clients.dynamodb(), settings.live_table)
    live = Live(live_table)
    results, objects = Results(clients.s3(), settings.bucket), ScanObjects(clients.s3(), settings.bucket)
    workflow = Workflow(clients.stepfunctions(), settings.state_machine_arn)
    scheduler = Scheduler(
        clients.scheduler(),
        group=settings.schedule_group,
        target_arn=settings.tick_queue_arn,
        role_arn=settings.scheduler_role_arn,
        dead_letter_arn=settings.schedule_dead_letter_arn,
    )
    halts, stop_scan = Halts(table), StopScan(scans=scans, ledger=ledger, workflow=workflow)
    next_run = NextRun(scans=scans, networks=networks, halts=halts, workflow=workflow)
    loopback, reviews = settings.admit_loopback, Queue(clients.sqs(), settings.review_queue_url)
    resolver = Resolver()
    return HttpApi(
        projects=projects,
        networks=networks,
        scans=scans,
        ledger=ledger,
        exposures=exposures,
        hosts=hosts,
        inventory=Inventory(hosts=hosts, exposures=exposures, coverage=CoverageMaps(table), history=History(table)),
        accept_baseline=AcceptBaseline(networks=networks, exposures=exposures, hosts=hosts),
        alerts=alerts,
        alert_lists=alert_lists,
        alert_groups=AlertGroups(table),
        alert_stories=AlertStories(table),
        triage=Triage(alerts=alerts, lists=alert_lists),
        channels=channels,
        outbox=outbox,
        manage_channels=ManageChannels(
            channels=channels,
            outbox=outbox,
            delivery=Queue(clients.sqs(), settings.deliver_queue_url),
            topics=settings.topics,
            plain_http=loopback,
        ),
        rules=rules,
        manage_rules=ManageRules(
            projects=projects,
            networks=networks,
            rules=rules,
            exposures=exposures,
            hosts=hosts,
            review=reviews,
        ),
        back_test=BackTest(
            networks=networks,
            scans=scans,
            ledger=ledger,
            results=results,
            exposures=exposures,
            hosts=hosts,
            admit_loopback=loopback,
        ),
        authorities=authorities,
        manage_authorities=ManageAuthorities(
            authorities=authorities,
            prove=ProveAuthority(
                authorities=authorities, txt=TxtRecords(settings.name_server), inventory=AwsInventory()
            ),
            stop_leaning=StopLeaning(scans=scans, stop_scan=stop_scan),
            admit_loopback=loopback,
        ),
        exclusions=exclusions,
        manage_exclusions=ManageExclusions(exclusions=exclusions, scans=scans, ledger=ledger, resolver=resolver),
        counters=Counters(table),
        exports=Exports(table),
        export_objects=ExportObjects(clients.s3(), settings.bucket),
        ask_for_export=AskForExport(
            exports=Exports(table),
            networks=networks,
            scans=scans,
            queue=Queue(clients.sqs(), settings.export_queue_url),
            days=settings.export_days,
        ),
        tokens=Tokens(table),
        manage_tokens=ManageTokens(tokens=Tokens(table), listeners=Listeners(live_table)),
        members=Members(table),
        invitations=Invitations(table),
        manage_members=ManageMembers(
            members=Members(table),
            invitations=Invitations(table),
            listeners=Listeners(Table(clients.dynamodb(), settings.live_table)),
        ),
        authorise=Authorise(members=Members(table)),
        audit_log=AuditLog(table),
        find_probes=FindProbes(sources=Sources(table), scans=scans, ledger=ledger, results=results),
        seals=Seals(clients.s3(), settings.seals),
        idempotency=Idempotency(table),
        live=live,
        listeners=Listeners(live_table),
        tickets=Tickets(live_table),
        scan_ports=ScanPorts(ledger=ledger, results=results),
        scan_objects=objects,
        diff_scans=DiffScans(scans=scans, ledger=ledger, results=results, exposures=exposures),
        delete_scan=DeleteScan(scans=scans, ledger=ledger, live=live, objects=objects),
        manage_networks=ManageNetworks(
            networks=networks, scans=scans, ledger=ledger, scheduler=scheduler, bounds=bounds, resolver=resolver
        ),
        start_scan=StartScan(networks=networks, scans=scans, halts=halts, workflow=workflow, bounds=bounds),
        stop_scan=stop_scan,
        resume_scan=ResumeScan(next_run=next_run),
        redrive_scan=RedriveScan(next_run=next_run, bounds=bounds),
        halts=halts,
        set_halt=SetHalt(halts=halts, scans=scans, stop_scan=stop_scan),
        explain_cell=ExplainCell(
            networks=networks,
            scans=scans,
            coverage=CoverageMaps(table),
            exposures=exposures,
            ledger=ledger,
            results=results,
        ),
        estimate_scan=EstimateScan(
            networks=networks,
            projects=projects,
            counters=Counters(table),
            bounds=bounds,
            means=means_of(settings),
        ),
        reconcile=partial(review_network(table, reviews).reconcile, limit=RECONCILED_AT_ONCE),
        login=_login(settings),
        check_table=partial(projects.list, limit=1),
        version=settings.version,
    )


def _login(settings: HttpApiSettings) -> LoginOffer:
    """An issuer that makes tokens for this API is asked for those, any other for what says who logged in to the client."""
    own = settings.audience != settings.client_id
    return LoginOffer(
        issuer=settings.issuer,
        client_id=settings.client_id,
        discovery=settings.discovery,
        token="access_token" if own else "id_token",
    )
