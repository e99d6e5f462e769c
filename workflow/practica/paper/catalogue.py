"""Which tables a study has: pure data, cheap enough for the workflow to read every time it is parsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from practica.address import TIMING
from practica.config import Study
from practica.evidence.claims import declared
from practica.exercises.twins import TWIN
from practica.paper.names import variant_name
from practica.paper.settings import items
from practica.words import section

COLLECTED = ("metrics.csv", "summary.csv", "runs.csv")
NEEDS = {
    "scores": COLLECTED,
    "metrics": COLLECTED,
    "folds": COLLECTED,
    "cost": (*COLLECTED, "models.json"),
    "layers": ("models.json",),
    "runs": ("runs.csv",),
    "verdicts": ("claims.json",),
    "claims": ("claims.json",),
    "differences": ("differences.csv", "runs.csv"),
}
"""The files under the results folder that each kind of table is made from."""
MOST_NAMES = 4
"""How many nets a caption names before it counts the others."""


@dataclass(frozen=True)
class TableSpec:
    """One table.

    Attributes:
        name: file name under ``results/tables`` and name in the prose.
        kind: how it is made: a key of ``NEEDS``.
        exercise: the exercise whose section shows it; None for the appendix.
        caption: by language.
        number: the source's number of the table, where it has one.
        dataset: only the variants on this data set; None for all.
        columns: the (split, metric) pairs that it shows, for ``scores``.
        variant: the variant whose layers it shows, for ``layers``.
    """

    name: str
    kind: str
    exercise: str | None
    caption: Mapping[str, str]
    number: int | None = None
    dataset: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    variant: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the files under the results folder that the table is made from."""
        return NEEDS[self.kind]

    def variants(self, study: Study) -> tuple[str, ...]:
        """Return the study's variants that are rows of the table."""
        names = study.variants(self.exercise) if self.exercise else ()
        chosen = (name for name in names if self.dataset in (None, study.dataset(self.exercise or "", name)))
        return (self.variant,) if self.variant else tuple(chosen)


ACCURACY = tuple((split, "accuracy") for split in ("train", "validation", "test"))
MSE = tuple((split, "mse") for split in ("train", "validation", "test"))
LAST_ES = (
    "Valores de la última época sobre n semillas: media ± desviación estándar o, de errores y de valores asimétricos, "
    "mediana y rango; entre corchetes, el intervalo de confianza del 95 %."
)
LAST_EN = (
    "Values of the last epoch over n seeds: mean ± standard deviation or, of errors and of skewed values, median and "
    "range; in brackets, the 95 % confidence interval."
)


def _scores(name: str, exercise: str, es: str, en: str, **fields: object) -> TableSpec:
    caption = {"es": f"{es} {LAST_ES}", "en": f"{en} {LAST_EN}"}
    return TableSpec(name, "scores", exercise, caption, **{"columns": ACCURACY, **fields})  # type: ignore[arg-type]


KNOWN = (
    TableSpec(
        "table_ej01",
        "metrics",
        "ej01",
        {
            "es": "Errores del modelo lineal: el absoluto (MAE) en miles de dólares, el cuadrático (MSE) y el costo en "
            f"miles de dólares al cuadrado. {LAST_ES}",
            "en": "Errors of the linear model: the absolute one (MAE) in thousands of dollars, the squared one (MSE) "
            f"and the loss in their square. {LAST_EN}",
        },
    ),
    TableSpec(
        "table_ej02",
        "scores",
        "ej02",
        {
            "es": "Tiempo por época de las mismas redes en Keras y escritas a mano en NumPy, medido lado a lado: "
            "mediana y rango de n repeticiones y, entre corchetes, el intervalo de confianza del 95 % de la media "
            "geométrica.",
            "en": "Time per epoch of the same nets in Keras and written by hand in NumPy, measured side by side: "
            "median and range of n repetitions and, in brackets, the 95 % confidence interval of the geometric mean.",
        },
        columns=((TIMING, "ms_per_epoch"),),
    ),
    _scores(
        "table_ej02_metrics",
        "ej02",
        "Precisión de las redes en Keras y a mano.",
        "Accuracy of the nets in Keras and by hand.",
    ),
    _scores("table1", "ej03", "Precisión según la regularización.", "Accuracy by regularisation.", number=1),
    _scores("table_ej04", "ej04", "Precisión con embedding.", "Accuracy with an embedding."),
    _scores(
        "table_ej05",
        "ej05",
        "Error cuadrático medio en el mapa logístico; el de prueba es el error de generalización.",
        "Mean squared error on the logistic map; that on the test data is the generalisation error.",
        columns=MSE,
    ),
    TableSpec(
        "table_ej06",
        "folds",
        "ej06",
        {
            "es": "Precisión de validación por tratamiento de los datos y tamaño de la red. La desviación "
            f"entre pliegues se toma dentro de cada semilla y se promedia sobre las semillas. {LAST_ES}",
            "en": "Validation accuracy by treatment of the data and size of the net. The spread is the standard "
            f"deviation over the folds, averaged over the seeds. {LAST_EN}",
        },
    ),
    TableSpec(
        "table_ej06_cost",
        "cost",
        "ej06",
        {
            "es": "Lo que cuesta cada red de los Pima: parámetros y tiempo de entrenamiento.",
            "en": "What each net for the Pima data costs: parameters and training time.",
        },
    ),
    _scores(
        "table_ej07",
        "ej07",
        "Imágenes de prueba contra las originales, antes y después del filtro.",
        "Test images against the originals, before and after the filter.",
        columns=(("test", "noisy_mse"), ("test", "mse"), ("test", "noisy_psnr"), ("test", "psnr")),
    ),
    _scores("table2", "ej08", "Precisión sobre MNIST.", "Accuracy on MNIST.", number=2),
    TableSpec(
        "table_ej08_cost",
        "cost",
        "ej08",
        {
            "es": "Lo que cuesta cada red de MNIST: parámetros y tiempo de entrenamiento.",
            "en": "What each MNIST net costs: parameters and training time.",
        },
    ),
    _scores("table3", "ej09", "Precisión sobre MNIST permutado.", "Accuracy on permuted MNIST.", number=3),
    _scores("table4", "ej10", "Precisión sobre CIFAR-100.", "Accuracy on CIFAR-100.", number=4, dataset="cifar100"),
    _scores("table_ej10_cifar10", "ej10", "Precisión sobre CIFAR-10.", "Accuracy on CIFAR-10.", dataset="cifar10"),
    TableSpec(
        "table_ej10_cost",
        "cost",
        "ej10",
        {
            "es": "Lo que cuesta cada red de CIFAR: parámetros y tiempo de entrenamiento.",
            "en": "What each CIFAR net costs: parameters and training time.",
        },
    ),
)
VERDICTS = TableSpec(
    "claims",
    "verdicts",
    None,
    {
        "es": "Qué afirma la fuente, qué se midió aquí y qué queda de lo afirmado.",
        "en": "What the source claims, what was measured here, and what remains of the claim.",
    },
)
DIFFERENCES = TableSpec(
    "table_differences",
    "differences",
    None,
    {
        "es": "Diferencias entre variantes sobre los mismos datos, apareadas por semilla.",
        "en": "Differences between variants on the same data, paired by seed.",
    },
)
RUNS = TableSpec(
    "table_runs",
    "runs",
    None,
    {"es": "Cada corrida: estado, datos y tiempos.", "en": "Every run: status, data and timings."},
)


def tables_for(study: Study) -> tuple[TableSpec, ...]:
    """Return the tables in the order of the report: the verdicts, those of the exercises in play, the appendix's."""
    own = (spec for exercise in study.exercises for spec in exercise_tables(study, exercise))
    return (*front_tables(study), *own, *appendix_tables(study))


def front_tables(study: Study) -> tuple[TableSpec, ...]:
    """Return the table of the first page, if anything is claimed about the exercises in play."""
    return (VERDICTS,) if any(declared().about(exercise) for exercise in study.exercises) else ()


def appendix_tables(study: Study) -> tuple[TableSpec, ...]:
    """Return the tables of the appendix: differences only where there are variants to compare."""
    pairs = ((study.dataset(e, v) for v in study.variants(e)) for e in study.exercises)
    comparable = any(len(names) > len(set(names)) for names in map(list, pairs))
    return (DIFFERENCES, RUNS) if comparable else (RUNS,)


def exercise_tables(study: Study, exercise: str) -> tuple[TableSpec, ...]:
    """Return the exercise's tables: its own or its metrics, what is claimed, and the layers of every net in Keras."""
    own = tuple(spec for spec in KNOWN if spec.exercise == exercise and spec.variants(study))
    return (*(own or (_metrics(exercise),)), *_claims(exercise), *(_layers(study, exercise)))


def layers_table(exercise: str, variant: str) -> str:
    """Return the name of the table with the layers of a variant's net."""
    return f"layers_{exercise}_{variant}"


def _metrics(exercise: str) -> TableSpec:
    caption = {"es": f"Resultados de {exercise}. {LAST_ES}", "en": f"Results of {exercise}. {LAST_EN}"}
    return TableSpec(f"table_{exercise}", "metrics", exercise, caption)


def _claims(exercise: str) -> tuple[TableSpec, ...]:
    """Return the table of the claims about an exercise, if there are any."""
    if not declared().about(exercise):
        return ()
    caption = {
        "es": f"Qué afirma la fuente en {exercise}, con qué regla se comprueba y qué resulta: la media ± desviación "
        "estándar, o la mediana y el rango, y entre corchetes el intervalo de confianza del 95 %. La probabilidad p "
        "está corregida por todo lo que se decide a la vez.",
        "en": f"What the source claims in {exercise}, by which rule it is checked, and the outcome: mean ± standard "
        "deviation, or median and range, and in brackets the 95 % confidence interval. The p-value is corrected for "
        "all that is decided at once.",
    }
    return (TableSpec(f"claims_{exercise}", "claims", exercise, caption),)


def _layers(study: Study, exercise: str) -> list[TableSpec]:
    """Return one table per net in Keras: which of them are equal is known only once they are built."""
    names = [name for name in study.variants(exercise) if not study.model(exercise, name).endswith(TWIN)]
    return [
        TableSpec(
            layers_table(exercise, name),
            "layers",
            exercise,
            layers_caption(exercise, [name], study.languages),
            variant=name,
        )
        for name in names
    ]


def layers_caption(exercise: str, variants: Sequence[str], languages: Iterable[str]) -> dict[str, str]:
    """Return the caption of the layers that the nets of some variants have in common, in each of the languages."""
    caption = {}
    few = variants if len(variants) <= MOST_NAMES + 1 else variants[:MOST_NAMES]
    for language in languages:
        words = section("report", language)
        names = [words["quoted"].format(variant_name(exercise, variant, language)) for variant in few]
        if more := len(variants) - len(few):
            names.append(words["more_nets"].format(more))
        form = words["layers_of_net" if len(variants) == 1 else "layers_of_nets"]
        caption[language] = form.format(nets=items(names, language), exercise=exercise)
    return caption
