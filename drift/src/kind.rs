//! The closed list of what can differ between two descriptions of a vendor, and what can be wrong in one.

use serde::{Deserialize, Serialize};

/// How bad a difference is. The order is that of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A client that follows the old text fails.
    Breaking,
    /// Such a client still gets an answer, but perhaps not what it meant.
    Risky,
    /// Such a client notices nothing.
    Compatible,
    /// The new document contradicts itself or its standard.
    Defect,
    /// Words and marks that nothing on the wire shows.
    Cosmetic,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [Self::Breaking, Self::Risky, Self::Compatible, Self::Defect, Self::Cosmetic];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Risky => "risky",
            Self::Compatible => "compatible",
            Self::Defect => "defect",
            Self::Cosmetic => "cosmetic",
        }
    }

    /// Whether a difference of this severity shows on the wire.
    pub fn is_wire_relevant(self) -> bool {
        matches!(self, Self::Breaking | Self::Risky | Self::Compatible)
    }
}

macro_rules! kinds {
    ($($variant:ident $name:literal $summary:literal $example:literal)*) => {
        /// What differs, or what is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $(#[doc = $summary] #[serde(rename = $name)] $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// One line for documents.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary),* }
            }

            /// An example, for documents.
            pub fn example(self) -> &'static str {
                match self { $(Self::$variant => $example),* }
            }
        }
    };
}

kinds! {
    PathMoved "path-moved" "An operation answers at another path."
        "`POST /v2/generate` becomes `POST /v2/videos`"
    PathAdded "path-added" "A path, or a method on one, is new."
        "`GET /v2/billing` beside what there was"
    PathRemoved "path-removed" "A path, or a method on one, is gone and nothing takes its place."
        "`DELETE /v2/videos/{id}` is gone"
    ServerChanged "server-changed" "The addresses before all paths differ."
        "`https://staging.example` becomes `https://api.example`"
    StatusChanged "status-changed" "An operation answers with another status, or with one more or one less."
        "`201` becomes `200`"
    MediaTypeChanged "media-type-changed" "A body has another content type."
        "`multipart/form-data` becomes `application/json`"
    MemberAdded "member-added" "A member, with all that is below it, is new."
        "`meta.usage` appears in the answer to a poll"
    MemberRemoved "member-removed" "A member, with all that was below it, is gone."
        "`provider` is gone from the request"
    MemberRenamed "member-renamed" "A member has another name in the same place."
        "`tokens_used` becomes `credits_used`"
    MemberMoved "member-moved" "A member of the same name and form is in another place."
        "`/duration` becomes `/video/duration`"
    TypeChanged "type-changed" "A value has another type."
        "`duration` was text and is a whole number"
    EnumChanged "enum-changed" "The values that are listed differ; of a request's `model`, the models."
        "`status` may be `cancelled` too"
    LimitChanged "limit-changed" "A bound differs: of a number, a length, a count, or a pattern."
        "`prompt` may have 2500 characters, not 500"
    DefaultChanged "default-changed" "What is taken for a member left out differs."
        "`cfg_scale` is 0.5 unless given"
    RequiredChanged "required-changed" "A member must be there, or need not be there any longer."
        "`prompt` may be left out"
    NullableChanged "nullable-changed" "A value may be null, or may no longer be."
        "`video` is null until there is one"
    FormatChanged "format-changed" "A text has another form."
        "`image_url` must be an address"
    AlternativeChanged "alternative-changed" "One of several forms that a value may have came or went."
        "`image` may be an address of 2000 characters, no longer one of 500"
    DiscriminatorChanged "discriminator-changed" "What tells the forms of an object apart differs: the member, or its words."
        "`kind` is `txt2video` where it was `text`"
    StyleChanged "style-changed" "A parameter, or a part of a form, is written in another way."
        "`ids=a&ids=b` becomes `ids=a,b`"
    DeprecationChanged "deprecation-changed" "An operation, a parameter or a member is marked as deprecated, or no longer."
        "`ratio` is marked deprecated"
    SecurityChanged "security-changed" "Other credentials are demanded."
        "a bearer key is demanded where none was"
    TextChanged "text-changed" "Only words differ: descriptions, titles, defaults of answers."
        "`ratio` is described in other words"
    UnreachableChanged "unreachable-changed" "Schemas differ that no operation uses."
        "250 schemas of other products"
    DefectDocument "defect-document" "The document lacks what its standard demands, or has a part of the wrong form."
        "there is no `openapi`; `paths` is a list"
    DefectReference "defect-reference" "A reference leads nowhere, outside, or round in a circle of references."
        "`$ref` to a schema that was renamed"
    DefectDefault "defect-default" "A default breaks the type, the list or the bounds beside it."
        "`default: \"5\"` where the values are 5 and 10"
    DefectSample "defect-sample" "A sample calls another path or host than the one it is printed under, or sends another model."
        "a sample for `/v2/videos` that posts to `/v2/generate`"
    DefectResponse "defect-response" "A response has no description, which the standard demands."
        "`\"200\": {\"content\": ...}`"
    DefectRequired "defect-required" "A member is demanded that no schema describes."
        "`required: [\"mask\"]` where the member is `mask_url`"
    DefectParameter "defect-parameter" "A parameter has no form that a query or a path can carry, or does not fit its path."
        "a query parameter named like a schema, whose value is an object"
    DefectSecurity "defect-security" "A credential is demanded that is not declared, or declared and demanded nowhere."
        "a bearer scheme, and no `security`"
    DefectLimit "defect-limit" "Bounds that nothing can keep, or bounds of another type's."
        "`minLength: 10` beside `maxLength: 5`"
    DefectContradiction "defect-contradiction" "Two places of the same set of documents describe one thing differently."
        "two files give one model different members"
    DefectSize "defect-size" "More than can be followed: references within references, or levels without end."
        "ten schemas that each hold the next ten times"
}

impl Kind {
    /// Whether it is about a path as a whole.
    pub fn is_about_paths(self) -> bool {
        matches!(self, Self::PathMoved | Self::PathAdded | Self::PathRemoved)
    }

    /// Whether something is wrong in one document, rather than different between two.
    pub fn is_defect(self) -> bool {
        self.name().starts_with("defect-")
    }
}
