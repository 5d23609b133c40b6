"""How is a line of the timeline said? Its event with its facts, in a person's words."""

from staging.core.messages import say
from staging.core.words import Language
from staging.jobs.job import STEPS, TimelineLine


def tell(line: TimelineLine, lang: Language) -> str:
    """One line of the timeline in one sentence; names of steps, points and reasons are words, not keys."""
    facts = dict(line.facts)
    if facts.get("step") in STEPS:
        facts["step"] = f"« {say('step-' + facts['step'], lang)} »" if lang == "fr" else say("step-" + facts["step"], lang)
    if "point" in facts:
        facts["point"] = say(f"checklist-{facts['point']}", lang)
    if facts.get("reason"):
        facts["reason"] = say(str(facts["reason"]), lang, **line.facts)
    return say(line.event, lang, **facts).strip()
