import AttendBase

/// What the names in `tokenizer.ggml.pre` of GGUF files mean. The patterns are those of the models' own `tokenizer.json`
/// where these are known, else what llama.cpp uses for the name.
struct NamedPreTokenizer: Sendable {
  let kind: PreTokenizer
  /// Whether a piece that is a token is not built by merges.
  let ignoresMerges: Bool
  /// Whether a beginning-of-text token is added where the file does not say.
  let addsBeginning: Bool

  /// - Throws: `unsupported` with the names that are known.
  init(ggufName name: String) throws(AttendError) {
    if let fixed = NamedPreTokenizer.scanners.first(where: { $0.names.contains(name) }) {
      kind = fixed.kind
      ignoresMerges = fixed.ignoresMerges
      addsBeginning = fixed.addsBeginning
    } else if let entry = NamedPreTokenizer.tables.first(where: { $0.names.contains(name) }) {
      kind = .patterns(try PieceCutter(patterns: entry.patterns))
      ignoresMerges = entry.ignoresMerges
      addsBeginning = entry.addsBeginning
    } else {
      throw AttendError(
        .unsupported, "the pre-tokenizer \(quoted(name)) is not known",
        hint: "known are " + NamedPreTokenizer.names.joined(separator: ", "))
    }
  }

  /// The name of a way to cut texts; nil when none is known. Where several mean the same, it is the commonest.
  static func name(of kind: PreTokenizer, ignoresMerges: Bool) -> String? {
    if let fixed = scanners.first(where: { $0.kind == kind && $0.ignoresMerges == ignoresMerges }) {
      return fixed.names.first
    }
    guard case .patterns(let cutter) = kind,
      cutter.stages.allSatisfy({ $0.behavior == .isolated && !$0.isInverted })
    else { return nil }
    let sources = cutter.stages.map(\.pattern.source)
    return tables.first { $0.patterns == sources && $0.ignoresMerges == ignoresMerges }?.names.first
  }

  /// All names that are known, sorted.
  static var names: [String] { (scanners.flatMap(\.names) + tables.flatMap(\.names)).sorted() }

  private struct Fixed: Sendable {
    let names: [String]
    let kind: PreTokenizer
    var ignoresMerges = false
    var addsBeginning = false
  }

  private static let scanners = [
    Fixed(
      names: [
        "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "gigachat", "a.x-4.0",
        "mellum",
        "modern-bert", "roberta-bpe", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code",
      ], kind: .gpt2),
    Fixed(
      names: [
        "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2",
      ], kind: .digitsThenGPT2),
    Fixed(
      names: [
        "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
      ], kind: .llama3, ignoresMerges: true, addsBeginning: true),
    Fixed(names: ["dbrx", "smaug-bpe", "chatglm-bpe"], kind: .llama3),
    Fixed(names: ["glm4", "glm5"], kind: .llama3, ignoresMerges: true),
    Fixed(
      names: [
        "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "hunyuan", "solar-open", "megrez", "grok-2",
      ], kind: .qwen2),
  ]

  private struct Entry: Sendable {
    let names: [String]
    let patterns: [String]
    let ignoresMerges, addsBeginning: Bool

    init(_ names: [String], _ patterns: [String], ignoresMerges: Bool = false, addsBeginning: Bool = false) {
      self.names = names
      self.patterns = patterns
      self.ignoresMerges = ignoresMerges
      self.addsBeginning = addsBeginning
    }
  }

  /// The pattern of o200k, OpenAI's vocabulary of GPT-4o.
  private static let o200k =
    #"""
    [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?\#
    |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\#
    \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
    """#

  private static let tables: [Entry] = [
    Entry(
      ["deepseek-llm"],
      [
        #"[\r\n]"#,
        #"""
        \s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ\#
        -ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-\#
        𐳲𑢠-𑣟𞤀-𞥃]+
        """#,
        #"\s?[!-/:-~！-／：-～‘-‟　-。]+"#,
        #"\s+$"#,
        #"[一-龥ࠀ-一가-퟿]+"#,
        #"\p{N}+"#,
      ]),
    Entry(
      ["deepseek-coder"],
      [
        #"[\r\n]"#,
        #"\s?\p{L}+"#,
        #"\s?\p{P}+"#,
        #"[一-龥ࠀ-一가-퟿]+"#,
        #"\p{N}"#,
      ]),
    Entry(
      ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"],
      [
        #"\p{N}{1,3}"#,
        #"[一-龥぀-ゟ゠-ヿ]+"#,
        ##"""
        [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\##
        \p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
        """##,
      ]),
    Entry(
      ["spark2_5"],
      [
        #"\p{N}{1,3}"#,
        #"[一-龥぀-ゟ゠-ヿ]+"#,
        ##"""
        [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+\##
        |[\r\n]|\s+(?!\S)|\s+
        """##,
        #"\p{N}"#,
      ]),
    Entry(
      ["falcon"],
      [
        #"[\p{P}\$\+<=>\^~\|`]+"#,
        PreTokenizer.gpt2Pattern,
        #"[0-9][0-9][0-9]"#,
      ]),
    Entry(
      ["default"],
      [
        #"[\p{P}\$\+<=>\^~\|]+"#,
        PreTokenizer.gpt2Pattern,
        #"\p{N}+"#,
        #"[0-9][0-9][0-9]"#,
      ]),
    Entry(
      ["qwen35"],
      [
        #"""
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*\#
        |\s*[\r\n]+|\s+(?!\S)|\s+
        """#
      ]),
    Entry(
      ["poro-chat", "bloom", "gpt3-finnish"],
      [
        #" ?[^(\s|.,!?…。，、।۔،)]+"#
      ]),
    Entry(
      ["viking"],
      [
        #" ?[^(\s|.,!?…。，、।۔،)]+"#,
        #"\p{N}"#,
      ]),
    Entry(
      ["tekken"],
      [
        #"""
        [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\#
        \p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)\#
        |\s+
        """#
      ], ignoresMerges: true, addsBeginning: true),
    Entry(
      ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
      [
        o200k
      ]),
    Entry(
      ["granite-embed-multi-97m"],
      [
        o200k
      ], ignoresMerges: true),
    Entry(
      ["kimi-k2"],
      [
        #"""
        [\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\#
        \p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\#
        \p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*\#
        |\s*[\r\n]+|\s+(?!\S)|\s+
        """#
      ]),
    Entry(
      ["chameleon"],
      [
        #"<sentinel:[0-9]+>"#,
        #"(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"#,
        #"([\t\n]|    |  )"#,
        #"\p{N}"#,
        #"[\p{P}!-/:-@\[-`{-~]"#,
        PreTokenizer.gpt2Pattern,
      ], addsBeginning: true),
    Entry(
      ["bailingmoe", "bailingmoe2", "llada-moe"],
      [
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
      ]),
    Entry(
      ["seed-coder"],
      [
        #"""
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)\#
        |\s+
        """#
      ]),
    Entry(
      ["ufakzeka"],
      [
        #"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]),
    Entry(
      ["laguna"],
      [
        #"[^\n]+|[\n]+"#,
        PreTokenizer.qwen2Pattern,
      ]),
    Entry(
      ["exaone-moe"],
      [
        #"""
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\#
        \p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+
        """#
      ]),
    Entry(
      ["minicpm5"],
      [
        #"\p{N}{1,3}"#,
        #"""
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+\#
        |\s+(?!\S)|\s+
        """#,
      ], ignoresMerges: true),
    Entry(
      ["jais-2"],
      [
        #"""
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+\#
        |\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)\#
        |\s{1,2}(?!\S)|\s{1}
        """#
      ]),
    Entry(
      ["youtu"],
      [
        #"[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+"#,
        #"""
        [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?\#
        |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?\#
        |\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
        """#,
      ], ignoresMerges: true),
  ]
}

extension PreTokenizer {
  /// The pre-tokenizer that GGUF files call by this name in `tokenizer.ggml.pre`.
  ///
  /// - Throws: `unsupported` with the names that are known.
  public init(ggufName: String) throws(AttendError) { self = try NamedPreTokenizer(ggufName: ggufName).kind }

  /// The names that ``init(ggufName:)`` knows, sorted.
  public static var ggufNames: [String] { NamedPreTokenizer.names }
}
