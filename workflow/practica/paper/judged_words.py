"""The fixed words of verdicts, rules and differences, by language."""

from __future__ import annotations

WORDS = {
    "es": {
        "confirmed": "confirmada",
        "not confirmed": "no confirmada",
        "undecided": "sin decidir",
        "not comparable": "no comparable",
        "not evaluated": "sin evaluar",
        "one confirmed": "{} se confirma",
        "several confirmed": "{} se confirman",
        "one not confirmed": "{} no se confirma",
        "several not confirmed": "{} no se confirman",
        "one undecided": "{} queda sin decidir",
        "several undecided": "{} quedan sin decidir",
        "one not comparable": "{} no es comparable",
        "several not comparable": "{} no son comparables",
        "one not evaluated": "{} queda sin evaluar",
        "several not evaluated": "{} quedan sin evaluar",
        "cause_missing": "faltan corridas",
        "cause_stand-in": "datos generados",
        "cause_few": "n = {n}, hacen falta {fewest}",
        "cause_straddles": "",
        "cause_unequal": "{reason}",
        "cause_multiple": "decide por sí sola,\nno entre {count}",
        "cause_small": "el efecto es menor que {smallest}",
        "interest": "efecto de interés: {}",
        "decisions": (
            "Son {} decisiones tomadas a la vez: sus probabilidades p están corregidas por ello con el método de Holm."
        ),
        "not_compared": "Lo que se compara no se entrenó en las mismas condiciones ({}), y no se juzga.",
        "not_judged": "Con estas corridas no se puede juzgar todo lo que afirma la fuente: {}.",
        "why_missing": "faltan corridas",
        "why_stand-in": "los datos son generados",
        "why_few": "una sola semilla no decide nada",
        "refuted_by": "falla en {}",
        "no_claims": "no está claims.json, la evaluación de las afirmaciones",
        "value": "",
        "difference": "dif.",
        "ratio": "razón",
        "above": "> {}",
        "at_least": "≥ {}",
        "below": "< {}",
        "at_most": "≤ {}",
        "within": "entre ±{}",
        "near": "a ±{} de {}",
        "verdicts_note": (
            "A la vista, la primera comprobación de cada afirmación; la sección del ejercicio tiene las demás, con "
            "sus reglas. Donde la fuente no da números (–), razona a partir de una figura. Entre corchetes, el "
            "intervalo de confianza del 95 %. Se toman {count} decisiones a la vez, y cada una pide p < 0,05 después "
            "de corregir por ello (Holm). Confirmada: las semillas muestran que la regla se cumple. No confirmada: "
            "muestran que no, o que el efecto es menor que el de interés, en alguna de las comprobaciones. Sin "
            "decidir: no muestran ni lo uno ni lo otro, o son menos de {fewest}. No comparable: los lados no se "
            "entrenaron en las mismas condiciones. Sin evaluar: faltan corridas, los datos son generados o hay una "
            "sola semilla."
        ),
        "differences_note": (
            "Media y desviación estándar de la diferencia semilla a semilla; de los errores, mediana y rango de la "
            "razón (×). Entre corchetes, el intervalo de confianza del 95 %. En negrita, las significativas: p < 0,05 "
            "después de corregir por las {count} que se miran a la vez (Holm), con al menos {fewest} pares."
        ),
    },
    "en": {
        "confirmed": "confirmed",
        "not confirmed": "not confirmed",
        "undecided": "undecided",
        "not comparable": "not comparable",
        "not evaluated": "not evaluated",
        "one confirmed": "{} is confirmed",
        "several confirmed": "{} are confirmed",
        "one not confirmed": "{} is not confirmed",
        "several not confirmed": "{} are not confirmed",
        "one undecided": "{} stays undecided",
        "several undecided": "{} stay undecided",
        "one not comparable": "{} is not comparable",
        "several not comparable": "{} are not comparable",
        "one not evaluated": "{} is not evaluated",
        "several not evaluated": "{} are not evaluated",
        "cause_missing": "runs are missing",
        "cause_stand-in": "generated data",
        "cause_few": "n = {n}, {fewest} are needed",
        "cause_straddles": "",
        "cause_unequal": "{reason}",
        "cause_multiple": "decided alone,\nnot among {count}",
        "cause_small": "the effect is less than {smallest}",
        "interest": "effect of interest: {}",
        "decisions": "They rest on {} decisions taken at once, for which p-values are corrected by Holm's method.",
        "not_compared": "What is compared was not trained on equal terms ({}), and is not judged.",
        "not_judged": "These runs cannot decide all that the source claims: {}.",
        "why_missing": "some are missing",
        "why_stand-in": "the data are generated",
        "why_few": "a single seed decides nothing",
        "refuted_by": "fails on {}",
        "no_claims": "claims.json, the evaluation of the claims, is not there",
        "value": "",
        "difference": "diff.",
        "ratio": "ratio",
        "above": "> {}",
        "at_least": "≥ {}",
        "below": "< {}",
        "at_most": "≤ {}",
        "within": "within ±{}",
        "near": "within ±{} of {}",
        "verdicts_note": (
            "Shown is the first check of each claim; the section of the exercise has the others, with their rules. "
            "Where the source gives no numbers (–), it reasons from a figure. In brackets, the 95 % confidence "
            "interval. {count} decisions are taken at once, and each asks for p < 0.05 after a correction for that "
            "(Holm). Confirmed: the seeds show that the rule holds. Not confirmed: they show that it does not, or that "
            "the effect is smaller than of interest, in one of the checks. Undecided: they show neither, or are fewer "
            "than {fewest}. Not comparable: the sides were not trained on equal terms. Not evaluated: runs are "
            "missing, the data are generated, or there is a single seed."
        ),
        "differences_note": (
            "Mean and standard deviation of the difference seed by seed; of errors, median and range of the ratio "
            "(×). In brackets, the 95 % confidence interval. In bold, the significant ones: p < 0.05 after a "
            "correction for the {count} that are looked at together (Holm), with at least {fewest} pairs."
        ),
    },
}
