"""The known tables: one row each, from which everything else about them is derived."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from lpzero.errors import unknown_name
from lpzero.spaces import own
from lpzero.tables.entry import Published, TableEntry
from lpzero.tables.published import flexibert_glue, gpt2_wt103, hwgpt, transxl_wt103
from lpzero.tables.translation import HAT_MT

_FLEXIBERT_GLUE = TableEntry(
    name="flexibert-glue",
    space="flexibert",
    protocols=("trained", "listed", "legacy"),
    n=500,
    quality="GLUE",
    unit="points of 100",
    higher_is_better=True,
    description="BERT-like encoders, mean score over 8 GLUE tasks",
    published=Published(
        pattern=flexibert_glue.FILE,
        base="https://raw.githubusercontent.com/aaronserianni/training-free-nas/2d76e01b9586cad7340e8268dadba3056efd070b/data/",
        reader=flexibert_glue.read,
    ),
    source="Serianni & Kalita 2023, https://github.com/aaronserianni/training-free-nas",
    licence="CC-BY-4.0",
    notes=(
        "The listed operation types were never trained: the training code compared them by identity, so that "
        "every layer was scaled-dot-product attention with the listed number of heads. The data agree: inside a cell "
        "of depth and hidden size the numbers of SA, LT and DSC layers have a Kendall tau within .11 of 0.",
        "The proxy scores published with the table were computed on models with hidden size 256 and "
        "feed-forward width 1024 for all; 251 of the 500 architectures were trained with hidden size 128.",
        "Nine architectures are listed twice: the standard deviation from run to run is 0.60, against 3.83 "
        "over all, which puts the ceiling of any proxy at a Kendall tau of about .89.",
        "Records of which the protocol trained builds one model, listed differently, lie further apart than equal "
        "ones: a standard deviation of 2.03 over 199 degrees of freedom, against 0.60 over 9. The trainings with two "
        "layers scatter most (2 to 3 inside a hidden size, below 1 with four layers), and nine pairs need not show it.",
    ),
)

_LTS = "https://raw.githubusercontent.com/microsoft/archai/47770415327900684ed95c0bc9bf7cd0d0047fad/archai/nlp/nas/saved_logs/"

_GPT2_WT103 = TableEntry(
    name="gpt2-wt103",
    space="gpt2",
    protocols=("lts",),
    n=200,
    quality="validation perplexity",
    unit="perplexity",
    higher_is_better=False,
    description="GPT-2-like decoders with adaptive embeddings, WikiText-103",
    published=Published(
        pattern=f"{gpt2_wt103.FOLDER}/*",
        base=_LTS,
        reader=gpt2_wt103.read,
    ),
    source="Javaheripi et al. 2022, https://github.com/microsoft/archai (branch neurips-lts)",
    licence="MIT",
    notes=(
        "The quality is valid_ppl of ppl_summary.yaml, a perplexity per token: lower is better.",
        "The sizes of the adaptive embedding (d_embed, div_val) differ between the architectures and matter.",
        "No architecture is listed twice, so that the noise of training cannot be measured here.",
    ),
)

_TRANSXL_WT103 = TableEntry(
    name="transxl-wt103",
    space="transfo-xl",
    protocols=("lts",),
    n=200,
    quality="validation perplexity",
    unit="perplexity",
    higher_is_better=False,
    description="Transformer-XL decoders with adaptive embeddings, WikiText-103",
    published=Published(
        pattern=f"{transxl_wt103.FOLDER}/*",
        base=_LTS,
        reader=transxl_wt103.read,
    ),
    source="Javaheripi et al. 2022, https://github.com/microsoft/archai (branch neurips-lts)",
    licence="MIT",
    notes=(
        "The quality is valid_ppl of ppl_summary.yaml, a perplexity per word: lower is better.",
        "The models were trained with a memory of 192 tokens; the space builds them with an empty one.",
        "The sizes of the adaptive embedding (d_embed, div_val) differ between the architectures and matter.",
        "n_all_param and n_nonemb_param of the configurations leave out the two bias vectors of each layer's "
        "attention; params_summary.yaml counts them.",
        "No architecture is listed twice, so that the noise of training cannot be measured here.",
    ),
)


def _hwgpt(scale: str, n: int, description: str, files: str) -> TableEntry:
    """A table of HW-GPT-Bench; ``files`` says which of the upstream files it is made of."""
    return TableEntry(
        name=f"hwgpt-{scale}",
        space=hwgpt.SPACE,
        protocols=(scale,),
        n=n,
        quality="perplexity on OpenWebText",
        unit="perplexity",
        higher_is_better=False,
        description=description,
        published=Published(
            pattern=hwgpt.pattern(scale),
            base="https://raw.githubusercontent.com/automl/HW-GPT-Bench/795cba8124826acc600df1bd2bb516b22f207671/",
            reader=partial(hwgpt.read, scale=scale),
        ),
        source="Sukthanker et al. 2024, https://github.com/automl/HW-GPT-Bench",
        licence="Apache-2.0",
        notes=(
            "The weights are inherited from one trained supernet, of which each architecture is a part; none was "
            "trained from scratch. The table ranks sub-networks, and is no ground truth for models that are trained.",
            "There is no noise of training in it, since nothing is drawn between two measurements of an architecture; "
            "whatever the training of the supernet favoured is the same in every record.",
            "A sub-network has the first rows and columns of each layer and the first layers of the supernet; a head "
            "is 64 wide whatever the width of the model.",
            files,
        ),
    )


_HWGPT_S = _hwgpt(
    "s",
    n=10_000,
    description="sub-networks of one GPT of 124M parameters, inherited weights, OpenWebText",
    files="The upstream table of this scale is whole: one file of 10,000 architectures, each of them once.",
)
_HWGPT_M = _hwgpt(
    "m",
    n=1050,
    description="sub-networks of one GPT of 354M parameters, inherited weights, OpenWebText; a part, two of ten files",
    files="A part of the upstream table of this scale: its first two files of ten (ppl_observations_tracker_0_1000 and "
    "1000_2000), 1,050 of 5,245 different architectures.",
)

_OWN_TEXT = (
    "text: WikiText-2 (Merity et al. 2016, https://arxiv.org/abs/1609.07843, CC BY-SA) as in "
    "https://github.com/pytorch/examples, word_language_model: its test file trains, its valid file validates"
)
_OWN_SOURCE = "lpzero, by `lpzero tables build`; " + _OWN_TEXT
_OWN_NOTES = (
    "The models are small and see few tokens: what ranks them need not rank models of the usual size.",
    "The quality is that of the first seed; the batches are the same for every architecture and seed, so that the "
    "noise is that of the initial weights alone.",
)

_FLEXIBERT_OWN = TableEntry(
    name="flexibert-own",
    space="flexibert",
    protocols=(own.NAME,),
    n=128,
    quality="validation loss",
    unit="nats a byte",
    higher_is_better=False,
    description="encoders with the listed operations really trained, masked bytes of WikiText-2",
    published=None,
    source=_OWN_SOURCE,
    licence="Apache-2.0",
    notes=(
        "Every listed operation is trained, in the same pre-norm block; hidden sizes are half, feed-forward widths a "
        "quarter of the listed ones.",
        "With so few steps convolutions decide most: the number of their layers alone has a Kendall tau-b of .48, "
        "above every baseline of this card.",
        "The noise is not normal: a few models leave the plateau of the unigram entropy early or late, so that the "
        "ceiling is .86 with the measured noise and .84 with a normal one.",
        *_OWN_NOTES,
    ),
    records_sha256="86e1778e760aa6ab5752a6d70cf5b2e61924d0de544f52f827a6faabdcd26e71",
)

_GPT2_OWN = TableEntry(
    name="gpt2-own",
    space="gpt2",
    protocols=(own.NAME,),
    n=128,
    quality="validation loss",
    unit="nats a byte",
    higher_is_better=False,
    description="decoders 64 to 256 wide with 2 to 8 layers, next byte of WikiText-2",
    published=None,
    source=_OWN_SOURCE,
    licence="Apache-2.0",
    notes=(
        "Models have a plain embedding of the model's width, which is also the output.",
        "With so few steps the width decides most: d_model alone has a Kendall tau-b of .72. Inside four of the five "
        "widths fewer layers are better: with the width first and fewer layers second tau-a is .68, against .65.",
        *_OWN_NOTES,
    ),
    records_sha256="3104de5f0574fa2a3c810b5b5aa21dc86fc36f2ce466c9b261ac059285efe5b0",
)

_LLAMA_OWN = TableEntry(
    name="llama-own",
    space="llama",
    protocols=(own.NAME,),
    n=129,
    quality="validation loss",
    unit="nats a byte",
    higher_is_better=False,
    description="sub-networks of one small LLaMA as they are cut, next byte of WikiText-2",
    published=None,
    source="lpzero, by benchmarks/llama_own.py; " + _OWN_TEXT,
    licence="Apache-2.0",
    notes=(
        "The sub-networks are cut out of one super-network and measured as they are, without a training of their own: "
        "all share its weights, so that there is no noise of training, and what ranks them need not rank models that "
        "are trained from scratch. The record whole is the super-network itself.",
        "More is mostly better: the number of parameters has a Kendall tau-a of .45, the depth .31. The inner width of "
        "the first layer alone has a tau-b of .53, above every baseline of this card; the width of the residual "
        "stream is the same in every record.",
        "The super-network was trained on 5.1 million bytes of text, four times over the training file, every other "
        "step as a random sub-network; its recipe, and the SHA-256 of its weights, are on the card under supernet.",
        "The losses are those on the 512 sequences of 32 bytes that gpt2-own validates on; a perplexity is exp of one.",
    ),
    records_sha256="4b34ecbfeff3761fe0563b81e47dee9235ba6511f935c07a3a0441b6d000a47e",
)

_LLAMA_SCRATCH_OWN = TableEntry(
    name="llama-scratch-own",
    space="llama",
    protocols=(own.SCRATCH,),
    n=128,
    quality="validation loss",
    unit="nats a byte",
    higher_is_better=False,
    description="LLaMAs trained one by one, in three size bands, next byte of WikiText-2",
    published=None,
    source=_OWN_SOURCE,
    licence="Apache-2.0",
    notes=(
        "Models are LLaMAs with the embedding's table as the output; layers differ in feed-forward width, heads and "
        "key-value groups.",
        "They are drawn in three bands of decoder size, 150, 400 and 1,000 thousand parameters, each with five pairs "
        "of depth and width: 33 % of the pairs are of matched size, the larger decoder at most 1.25 times the smaller.",
        "With so few steps the width decides most: hidden_size alone has a Kendall tau-a of .69 over all pairs and of "
        ".63 at matched size, where the decoder's parameters have -.02 and the depth -.57. Inside each width deeper "
        "is better: with the width first and the decoder's parameters second tau-a is .78.",
        *_OWN_NOTES,
    ),
    records_sha256="20d65ac1098ed7a8e38c56cae4188d67f44acc4840f44b84e5dfe415203e3263",
)

_RNN_OWN = TableEntry(
    name="rnn-own",
    space="rnn",
    protocols=(own.NAME,),
    n=128,
    quality="validation loss",
    unit="nats a byte",
    higher_is_better=False,
    description="LSTM, GRU and plain recurrent models with 1 to 4 layers, next byte of WikiText-2",
    published=None,
    source=_OWN_SOURCE,
    licence="Apache-2.0",
    notes=(
        "Models are recurrent: one kind of cell in all layers, without norms; layers differ in their units. An "
        "output that is the embedding's table has a projection before it where the stream has another width.",
        "Counts say little: all parameters have a Kendall tau-a of .46, the depth .29, the units of the last "
        "layer .16, where the noise puts the ceiling at .96. Whether layers project their states to the "
        "embedding's width has a tau-b of .49.",
        "The kinds of cells end alike: the mean loss is 2.17 with LSTM, 2.19 with plain and 2.21 with GRU cells.",
        *_OWN_NOTES,
    ),
    records_sha256="0fdf117e34703cbccbce9a9f61cae788ca0f3ccf2de33b3bea296c818e516578",
)

TABLES: Mapping[str, TableEntry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            *(_FLEXIBERT_OWN, _GPT2_OWN, _LLAMA_OWN, _LLAMA_SCRATCH_OWN, _RNN_OWN),
            *(_FLEXIBERT_GLUE, _GPT2_WT103, _TRANSXL_WT103, _HWGPT_S, _HWGPT_M),
            *HAT_MT,
        )
    }
)


def get_entry(name: str) -> TableEntry:
    """Look a table up; raises InputError with the known names where there is none of that name."""
    if name not in TABLES:
        raise unknown_name("table", name, TABLES)
    return TABLES[name]
