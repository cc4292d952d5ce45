/// Principal parts of French verbs: six present forms, the stem of future and conditional, the past participle.
enum FrenchConjugation {
  typealias Parts = (present: [String], future: String, participle: String)

  static func principalParts(of infinitive: String) -> Parts {
    if let irregular = irregularParts(of: infinitive) { return irregular }
    let stem = String(infinitive.dropLast(2))
    if infinitive.hasSuffix("er") { return firstGroup(infinitive, stem) }
    if infinitive.hasSuffix("ir") {
      if stem.hasSuffix("vr") || stem.hasSuffix("ffr") {  // ouvrir, offrir
        let participle = String(stem.dropLast()) + "ert"
        return (endings(stem, ["e", "es", "e", "ons", "ez", "ent"]), infinitive, participle)
      }
      if likePartir.contains(infinitive) {
        let short = String(stem.dropLast())
        let present = ["s", "s", "t"].map { short + $0 } + ["ons", "ez", "ent"].map { stem + $0 }
        return (present, infinitive, stem + "i")
      }
      return (endings(stem, ["is", "is", "it", "issons", "issez", "issent"]), infinitive, stem + "i")
    }
    // vendre, attendre, répondre
    return (endings(stem, ["s", "s", "", "ons", "ez", "ent"]), String(infinitive.dropLast()), stem + "u")
  }

  /// -er, with the changes of spelling that keep the sound.
  private static func firstGroup(_ infinitive: String, _ stem: String) -> Parts {
    var strong = stem  // before a silent ending
    var future = infinitive
    let letters = Array(stem)
    if doubling.contains(infinitive) {
      strong = stem + String(letters[letters.count - 1])
      future = strong + "er"
    } else if letters.count > 2, letters[letters.count - 2] == "e", isConsonant(letters[letters.count - 1]),
      isConsonant(letters[letters.count - 3])
    {  // acheter, lever
      strong = String(letters.dropLast(2)) + "è" + String(letters.suffix(1))
      future = strong + "er"
    } else if let accent = letters.lastIndex(of: "é"), accent < letters.count - 1, accent >= letters.count - 3,
      letters[(accent + 1)...].allSatisfy(isConsonant)
    {  // préférer, célébrer, protéger: the future keeps é
      strong = String(letters[..<accent]) + "è" + String(letters[(accent + 1)...])
    } else if stem.hasSuffix("y") {  // nettoyer, essayer
      strong = String(stem.dropLast()) + "i"
      future = strong + "er"
    }
    if infinitive == "envoyer" { future = "enverr" }
    var soft = stem
    if stem.hasSuffix("g") { soft = stem + "e" }
    if stem.hasSuffix("c") { soft = String(stem.dropLast()) + "ç" }
    let present = [strong + "e", strong + "es", strong + "e", soft + "ons", stem + "ez", strong + "ent"]
    return (present, future.hasSuffix("r") ? future : future + "r", stem + "é")
  }

  private static func endings(_ stem: String, _ endings: [String]) -> [String] { endings.map { stem + $0 } }

  private static func isConsonant(_ letter: Character) -> Bool { "bcçdfghjklmnpqrstvwxz".contains(letter) }

  /// A listed verb, or a prefix with a listed one (apprendre = ap + prendre).
  private static func irregularParts(of infinitive: String) -> Parts? {
    if let parts = irregular[infinitive] { return parts }
    if infinitive.hasSuffix("uire") {
      let stem = String(infinitive.dropLast(2))
      return (endings(stem, ["s", "s", "t", "sons", "sez", "sent"]), stem + "r", stem + "t")
    }
    for root in [
      "prendre", "venir", "tenir", "mettre", "écrire", "lire", "rire", "connaître", "suivre", "peindre", "plaindre",
      "joindre", "cevoir",
    ]
    where infinitive.hasSuffix(root) {
      let prefix = String(infinitive.dropLast(root.count))
      guard let parts = irregular[root] else { continue }
      return (parts.present.map { prefix + $0 }, prefix + parts.future, prefix + parts.participle)
    }
    if infinitive == "décrire", let parts = irregular["écrire"] {
      let change = { (text: String) in "dé" + text.dropFirst() }
      return (parts.present.map(change), change(parts.future), change(parts.participle))
    }
    return nil
  }

  private static let doubling: Set<String> = ["appeler", "jeter", "rappeler"]
  private static let likePartir: Set<String> = ["partir", "sortir", "dormir", "endormir", "servir", "sentir", "mentir"]

  private static let irregular: [String: Parts] = {
    var table: [String: Parts] = [:]
    for line in irregularTable.split(separator: "\n") {
      let columns = line.split(separator: ";").map { $0.split(separator: " ").map(String.init) }
      table[columns[0][0]] = (columns[1], columns[2][0], columns[3][0])
    }
    return table
  }()
}

/// Infinitive; je tu il nous vous ils; stem of the future; past participle.
private let irregularTable = """
  être; suis es est sommes êtes sont; ser; été
  avoir; ai as a avons avez ont; aur; eu
  aller; vais vas va allons allez vont; ir; allé
  faire; fais fais fait faisons faites font; fer; fait
  voir; vois vois voit voyons voyez voient; verr; vu
  savoir; sais sais sait savons savez savent; saur; su
  vouloir; veux veux veut voulons voulez veulent; voudr; voulu
  pouvoir; peux peux peut pouvons pouvez peuvent; pourr; pu
  devoir; dois dois doit devons devez doivent; devr; dû
  boire; bois bois boit buvons buvez boivent; boir; bu
  croire; crois crois croit croyons croyez croient; croir; cru
  courir; cours cours court courons courez courent; courr; couru
  mourir; meurs meurs meurt mourons mourez meurent; mourr; mort
  naître; nais nais naît naissons naissez naissent; naîtr; né
  venir; viens viens vient venons venez viennent; viendr; venu
  tenir; tiens tiens tient tenons tenez tiennent; tiendr; tenu
  prendre; prends prends prend prenons prenez prennent; prendr; pris
  mettre; mets mets met mettons mettez mettent; mettr; mis
  connaître; connais connais connaît connaissons connaissez connaissent; connaîtr; connu
  écrire; écris écris écrit écrivons écrivez écrivent; écrir; écrit
  lire; lis lis lit lisons lisez lisent; lir; lu
  rire; ris ris rit rions riez rient; rir; ri
  dire; dis dis dit disons dites disent; dir; dit
  suivre; suis suis suit suivons suivez suivent; suivr; suivi
  vivre; vis vis vit vivons vivez vivent; vivr; vécu
  peindre; peins peins peint peignons peignez peignent; peindr; peint
  éteindre; éteins éteins éteint éteignons éteignez éteignent; éteindr; éteint
  asseoir; assieds assieds assied asseyons asseyez asseyent; assiér; assis
  falloir; faux faux faut fallons fallez faillent; faudr; fallu
  pleuvoir; pleus pleus pleut pleuvons pleuvez pleuvent; pleuvr; plu
  plaindre; plains plains plaint plaignons plaignez plaignent; plaindr; plaint
  joindre; joins joins joint joignons joignez joignent; joindr; joint
  cevoir; çois çois çoit cevons cevez çoivent; cevr; çu
  battre; bats bats bat battons battez battent; battr; battu
  résoudre; résous résous résout résolvons résolvez résolvent; résoudr; résolu
  prédire; prédis prédis prédit prédisons prédisez prédisent; prédir; prédit
  conduire; conduis conduis conduit conduisons conduisez conduisent; conduir; conduit
  """
