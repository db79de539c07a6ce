//! The list of wrong stubs: what each does wrong, and the case that must name it.

/// What a stub does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    KeyMissingAccepted,
    KeyUnknownAccepted,
    SchemeIgnored,
    JobsOfOthersShown,
    SubmitAnswers201,
    SubmitIdRenamed,
    TimesAsText,
    VideoBeforeEnd,
    JobKnownLate,
    AddressRefused,
    ModelNotNeeded,
    ModelUnknownAccepted,
    ImageNotNeeded,
    DurationUnchecked,
    DurationTypeUnchecked,
    CfgMaximumUnchecked,
    CfgMinimumUnchecked,
    PromptLengthUnchecked,
    NullAccepted,
    ImageSideUnchecked,
    ImageAspectUnchecked,
    ImageBytesUnchecked,
    ImageFormatUnchecked,
    ImageContentUnchecked,
    StatusWordUnknown,
    JobGoesBack,
    IdChanges,
    JobVanishes,
    JobGoesInCircles,
    AnswersCalledText,
    JobNeverEnds,
    JobUnknownAnswered,
    ResultIsPage,
    ResultMissing,
    ListLacksJob,
    ListNotNarrowed,
    ModelsLackModel,
    ModelLacksParameters,
    UploadLost,
    IdsAlike,
    RefusalsOfOtherForm,
    RefusalsAsPages,
    RefusalsWithoutBody,
    CfgTypeUnchecked,
    SubmitIdEmpty,
}

/// A wrong stub: what it does, and the case that must name it.
pub(super) struct WrongStub {
    pub(super) wrong: Wrong,
    pub(super) what: &'static str,
    pub(super) case: &'static str,
    /// Cases that rightly fail as well, because they see the same fault.
    pub(super) also: &'static [&'static str],
}

const fn stub(
    wrong: Wrong,
    what: &'static str,
    case: &'static str,
    also: &'static [&'static str],
) -> WrongStub {
    WrongStub { wrong, what, case, also }
}

/// Every wrong stub, each named by a case of its own.
pub(super) const WRONG: &[WrongStub] = &[
    stub(Wrong::KeyMissingAccepted, "lets requests in without a key", "AUTH-01", &["AUTH-04", "AUTH-07"]),
    stub(Wrong::KeyUnknownAccepted, "lets any key in", "AUTH-02", &[]),
    stub(Wrong::SchemeIgnored, "takes a key in any scheme", "AUTH-03", &[]),
    stub(Wrong::JobsOfOthersShown, "shows a job to every account", "AUTH-06", &[]),
    stub(Wrong::SubmitAnswers201, "answers a submit with 201", "SUB-01", &[]),
    stub(Wrong::VideoBeforeEnd, "names the video before it is there", "POLL-10", &[]),
    stub(Wrong::TimesAsText, "writes times as text", "SUB-03", &["POLL-01", "LST-05", "DRIFT-02"]),
    stub(
        Wrong::JobKnownLate,
        "does not know a job at first",
        "SUB-05",
        &["POLL-01", "ERR-01", "PIC-06", "SUB-12"],
    ),
    stub(Wrong::AddressRefused, "refuses an image by its address", "GEN-01", &[]),
    stub(Wrong::ModelNotNeeded, "accepts a submit without a model", "VAL-04", &["GEN-02"]),
    stub(Wrong::ModelUnknownAccepted, "accepts a model that does not exist", "VAL-05", &["GEN-02"]),
    stub(Wrong::ImageNotNeeded, "accepts a submit without an image", "VAL-06", &["GEN-02", "VAL-18"]),
    stub(Wrong::DurationUnchecked, "accepts any length", "VAL-09", &["GEN-02"]),
    stub(
        Wrong::DurationTypeUnchecked,
        "accepts a length that is no number and no text",
        "VAL-10",
        &["GEN-02"],
    ),
    stub(Wrong::CfgMaximumUnchecked, "accepts a cfg above 1", "VAL-11", &["GEN-02"]),
    stub(Wrong::CfgMinimumUnchecked, "accepts a cfg below 0", "VAL-12", &["GEN-02"]),
    stub(Wrong::PromptLengthUnchecked, "accepts a prompt of any length", "VAL-13", &["GEN-02"]),
    stub(Wrong::NullAccepted, "takes null for a model", "VAL-14", &["GEN-02"]),
    stub(Wrong::ImageSideUnchecked, "accepts images of fewer than 300 pixels", "PIC-01", &[]),
    stub(Wrong::ImageAspectUnchecked, "accepts images of any shape", "PIC-02", &[]),
    stub(Wrong::ImageBytesUnchecked, "accepts images of more than 10 MiB", "PIC-03", &[]),
    stub(Wrong::ImageFormatUnchecked, "accepts GIF images", "PIC-04", &[]),
    stub(Wrong::ImageContentUnchecked, "accepts bytes that are no image", "PIC-05", &["GEN-02", "VAL-08"]),
    stub(
        Wrong::StatusWordUnknown,
        "calls success `completed`",
        "POLL-02",
        &["POLL-01", "POLL-09", "DRIFT-02", "LST-05"],
    ),
    stub(Wrong::JobGoesBack, "lets a finished job run again", "POLL-03", &["LST-01"]),
    stub(Wrong::JobVanishes, "forgets a job a while after it has ended", "POLL-03", &["LST-01"]),
    stub(Wrong::JobGoesInCircles, "queues and runs a job in turn for ever", "POLL-03", &["POLL-09"]),
    stub(Wrong::AnswersCalledText, "calls the JSON of polls text", "NET-01", &[]),
    stub(Wrong::IdChanges, "names another id at each poll", "POLL-04", &[]),
    stub(
        Wrong::JobUnknownAnswered,
        "answers 200 for a job that does not exist",
        "POLL-06",
        &["AUTH-06", "DRIFT-02"],
    ),
    stub(Wrong::JobNeverEnds, "never ends a job", "POLL-09", &[]),
    stub(Wrong::SubmitIdRenamed, "calls the id of a job `id`", "SUB-01", &["DRIFT-02"]),
    stub(Wrong::ResultMissing, "ends a job without the address of its video", "RES-01", &["SUB-12"]),
    stub(Wrong::ResultIsPage, "serves a web page for a video", "RES-02", &["SUB-12", "RES-05"]),
    stub(Wrong::ListLacksJob, "leaves jobs out of the list", "LST-01", &["LST-05"]),
    stub(Wrong::ListNotNarrowed, "lists jobs of other models as well", "LST-05", &[]),
    stub(Wrong::ModelsLackModel, "leaves models out of the list", "LST-04", &[]),
    stub(Wrong::ModelLacksParameters, "describes a model without its parameters", "LST-02", &[]),
    stub(Wrong::UploadLost, "loses uploaded files", "UPL-01", &[]),
    stub(Wrong::IdsAlike, "gives every job the same id", "SUB-16", &["SUB-12"]),
    stub(Wrong::RefusalsOfOtherForm, "refuses with `detail` in place of `error`", "ERR-05", &[]),
    stub(
        Wrong::RefusalsAsPages,
        "refuses bad bodies with a page in place of JSON",
        "ERR-05",
        &["NET-01", "ERR-01"],
    ),
    stub(Wrong::RefusalsWithoutBody, "refuses bad bodies without a body", "ERR-05", &["NET-01", "ERR-01"]),
    stub(Wrong::CfgTypeUnchecked, "takes any text for a cfg", "VAL-19", &["GEN-02"]),
    stub(Wrong::SubmitIdEmpty, "answers a submit with an empty id", "SUB-01", &["DRIFT-02"]),
];

/// A server that answers every request alike.
pub(super) struct UniformServer {
    pub(super) what: &'static str,
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: &'static str,
    /// The exit code of `check`.
    pub(super) code: i32,
    /// Part of what it prints.
    pub(super) said: &'static str,
}

/// Servers that are no such API at all.
pub(super) const UNIFORM: &[UniformServer] = &[
    UniformServer {
        what: "answers 404 to everything",
        status: 404,
        content_type: "application/json",
        body: "{\"error\":\"not found\"}",
        code: 3,
        said: "no path of gmicloud answers",
    },
    UniformServer {
        what: "answers with a web page",
        status: 404,
        content_type: "text/html",
        body: "<!doctype html><title>Not here</title>",
        code: 3,
        said: "web page",
    },
    UniformServer {
        what: "refuses every key",
        status: 401,
        content_type: "application/json",
        body: "{\"error\":\"invalid API key\"}",
        code: 3,
        said: "key is refused",
    },
];
