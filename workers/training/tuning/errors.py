"""What stops a fine-tune for good: each with a code and a sentence that says what to do.

TuningError
├── OptionWrong       a field of job.json
├── DatasetUnusable   rows that cannot be read or learnt from
├── BaseUnusable      the model that is tuned
├── LibraryMissing    what the chosen way needs and this machine does not have
├── DifferentJob      the checkpoints are of another dataset or configuration
├── DoesNotFit        not even one row at a time fits in memory
├── Diverged          the loss is not finite, or far above where it began
├── AdapterWrong      what was learnt is not finite, all zero or of another size
├── NeverEnds         the tuned model does not end its texts
├── DoesNotFitDtype   a merged weight is too large for the dtype of an export
└── NotEqualEnough    merged weights compute something else than the adapter
"""


class TuningError(Exception):
    """code: stable. The message is a sentence for people."""

    code = "tuning"


class OptionWrong(TuningError):
    """A field of job.json has a value that it cannot have."""

    code = "option_wrong"


class DatasetUnusable(TuningError):
    """The rows cannot be read, or there is nothing in them to learn."""

    code = "dataset_unusable"


class BaseUnusable(TuningError):
    """The checkpoint cannot be read, or is none that can be tuned."""

    code = "base_unusable"


class LibraryMissing(TuningError):
    """What the chosen way of training needs is not on this machine."""

    code = "library_missing"


class DifferentJob(TuningError):
    """The folder holds checkpoints of another dataset, base or configuration."""

    code = "different_job"


class DoesNotFit(TuningError):
    """Memory is too small for the longest row alone."""

    code = "does_not_fit"


class Diverged(TuningError):
    """Training went astray; the last good state is kept."""

    code = "diverged"


class AdapterWrong(TuningError):
    """What was learnt cannot be used."""

    code = "adapter_wrong"


class NeverEnds(TuningError):
    """The tuned model goes on and on where its examples end."""

    code = "never_ends"
