"""Making projects."""

from functions.core.errors import AlreadyExists
from functions.core.project import Project
from functions.store.projects import Projects


def create_project_once(projects: Projects, project: Project) -> Project:
    """The new project, or, made again with the same id, the one made before."""
    try:
        projects.create(project)
    except AlreadyExists:
        return projects.get(project.id)
    return project
