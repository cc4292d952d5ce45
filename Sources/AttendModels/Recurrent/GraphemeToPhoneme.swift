import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// From the letters of an English word to its sounds: a GRU reads the letters, another writes phonemes (CMU's, with
/// stress) from the last state of the first. Cho et al. 2014, arXiv:1406.1078; Sutskever et al. 2014, arXiv:1409.3215.
///
/// Runs the published weights of `g2p_en` (Park and Kim 2019, https://github.com/Kyubyong/g2p), an `.npz` archive.
public struct GraphemeToPhoneme: Sendable {
  private static let phonemes =
    ("<pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 "
    + "EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T "
    + "TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH").split(separator: " ").map(String.init)
  private static let start: Int32 = 2
  private static let end: Int32 = 3
  private static let width = 256
  /// `<pad>`, `<unk>`, the end, then a to z.
  private static let letters = 29
  private static let longest = 20

  private let letterVectors: Tensor
  private let reader: RecurrentNetwork
  private let soundVectors: Tensor
  private let writer: RecurrentNetwork
  private let output: Linear

  /// - Throws: `parameterMismatch` when the archive is of another model; what ``NumPyFile`` throws.
  public init(path: String) throws {
    let names = [
      "w_ih": "weight_ih_l0", "w_hh": "weight_hh_l0", "b_ih": "bias_ih_l0", "b_hh": "bias_hh_l0", "emb": "embedding",
      "w": "weight", "b": "bias",
    ]
    let weights = DirectoryWeights(try NumPyFile(path: path).tensors, origin: path) { name in
      guard let place = name.firstIndex(of: "_") else { return name }
      return "\(name[..<place]).\(names[String(name[name.index(after: place)...])] ?? name)"
    }
    self = try WeightScope.build(from: weights, precision: .exact) { GraphemeToPhoneme($0) }
  }

  init(_ scope: WeightScope) {
    let width = Self.width
    letterVectors = scope["enc"].tensor("embedding", shape: [Self.letters, width])
    reader = RecurrentNetwork(scope["enc"], cell: .gru(.afterProduct), inputs: width, hidden: width)
    soundVectors = scope["dec"].tensor("embedding", shape: [Self.phonemes.count, width])
    writer = RecurrentNetwork(scope["dec"], cell: .gru(.afterProduct), inputs: width, hidden: width)
    output = Linear(scope["fc"], from: width, to: Self.phonemes.count)
  }

  /// The most probable phonemes, one at a time.
  /// - Parameter word: in any case; characters other than a to z are unknown to the model.
  /// - Throws: `invalidInput` for a word of more than 1000 letters.
  public func callAsFunction(_ word: String) throws(AttendError) -> [String] {
    let scalars = word.lowercased().unicodeScalars
    guard scalars.count <= 1000 else {
      throw AttendError(.invalidInput, "a word of \(scalars.count) letters is too long")
    }
    var letters = scalars.map { ("a"..."z").contains($0) ? Int32($0.value) - 97 + 3 : 1 }
    letters.append(2)
    var pass = ForwardPass(lengths: [letters.count])
    var state = reader(letterVectors.gather(rows: Tensor(letters)), &pass).final
    var sound = Self.start
    var sounds: [String] = []
    while sounds.count < Self.longest {
      let step = writer.step(soundVectors.gather(rows: Tensor([sound])), state: state, &pass)
      state = step.state
      sound = Int32(output(step.output).argmax().item())
      if sound == Self.end { break }
      sounds.append(Self.phonemes[Int(sound)])
    }
    return sounds
  }
}
