"""The API's description: whole, and a page that needs no network."""

import re
from typing import Any

from tests.http_api.conftest import Api

SCHEMA_WORDS = {"$ref", "type", "anyOf", "oneOf", "allOf", "enum", "const"}


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(references(value) for value in node))
    return set()


def test_the_document_is_openapi_3_1_whose_references_all_lead_somewhere(api: Api) -> None:
    document = api.get("/openapi.json").body
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= document["info"].keys()
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert SCHEMA_WORDS & node.keys()


def test_each_operation_has_a_name_a_summary_its_parameters_and_its_errors(api: Api) -> None:
    document = api.get("/openapi.json").body
    names = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names.append(operation["operationId"])
            assert operation["summary"]
            declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert declared == set(re.findall(r"\{([a-z]+)\}", path))
            statuses = operation["responses"]
            assert any(status.startswith("2") for status in statuses)
            assert "400" in statuses
            assert "422" not in statuses
            if method == "post":
                assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}
            edits = any(each["name"] == "If-Match" for each in operation.get("parameters", []))
            assert edits == ({"412", "428"} <= statuses.keys())
            for status, response in statuses.items():
                if status >= "400":
                    assert response["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert len(names) == len(set(names))


def test_an_edit_names_its_header_and_what_it_is_told_about_versions(api: Api) -> None:
    edit = api.get("/openapi.json").body["paths"]["/v1/projects/{project}/networks/{network}"]["put"]
    assert "If-Match" in {each["name"] for each in edit["parameters"] if each["in"] == "header"}
    assert {"412", "428"} <= edit["responses"].keys()


def test_the_page_loads_nothing_from_anywhere(api: Api) -> None:
    answer = api.get("/docs")
    assert answer.headers["Content-Type"].startswith("text/html")
    page = answer.body
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "/v1/projects/{project}/scans" in page
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", page.split("<body>", maxsplit=1)[0])
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_health_and_version_answer(api: Api) -> None:
    assert api.get("/v1/health").body == {"status": "ok"}
    assert api.get("/v1/version").body == {"version": "0.1.0"}


def test_how_people_log_in_is_told_to_everybody(api: Api) -> None:
    offer = Api(None).get("/v1/identity").body
    assert offer["scopes"] == ["openid", "email", "profile"]
    assert all(uri.startswith("http://127.0.0.1:") for uri in offer["redirect_uris"])
    assert (offer["issuer"], offer["client_id"]) == ("https://issuer.example", "vedette-cli")
    assert offer["token"] == "id_token"
