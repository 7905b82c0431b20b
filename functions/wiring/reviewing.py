"""The one composition of a network's review: the API's reconcile and the review function share it."""

from functions.adapters.queue import Queue
from functions.store.alerts import Alerts
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.rules import Rules
from functions.store.table import Table
from functions.store.watches import Watches
from functions.usecases.ground import Grounds
from functions.usecases.review_hosts import ReviewHosts
from functions.usecases.review_network import ReviewNetwork
from functions.usecases.settle_alerts import SettleAlerts
from functions.usecases.settle_hosts import SettleHosts
from functions.usecases.trouble import Trouble
from functions.wiring.clock import Clock, utc_now


def review_network(table: Table, reviews: Queue, *, clock: Clock = utc_now) -> ReviewNetwork:
    networks, rules, hosts, alerts = Networks(table), Rules(table), Hosts(table), Alerts(table)
    settle, exposures = SettleAlerts(alerts=alerts, clock=clock), Exposures(table)
    return ReviewNetwork(
        fresh=lambda: Grounds(networks=networks, rules=rules, hosts=hosts),
        exposures=exposures,
        hosts=ReviewHosts(hosts=hosts, exposures=exposures, settle=SettleHosts(settle=settle)),
        alerts=alerts,
        settle=settle,
        trouble=Trouble(watches=Watches(table), settle=settle, clock=clock),
        reviews=reviews,
    )
