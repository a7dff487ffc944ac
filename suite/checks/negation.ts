/** A stretch of a text, by the offsets of its first character and of the one after its last. */
export interface Span {
    readonly from: number;
    readonly to: number;
}

/**
 * True where what a span names is said not to be: "there is no dog", "the dog is not visible",
 * 没有狗, 狗不在图中.
 *
 * By the rules of NegEx (Chapman et al. 2001, https://doi.org/10.1006/jbin.2001.1029): a negation
 * reaches forward to the end of its clause, a few that stand after what they negate reach back to
 * its beginning, and phrases that only look like one ("not only", 不仅, 无论) do not count.
 *
 * @example isNegated("There is no dog.", { from: 12, to: 15 }) // true
 */
export function isNegated(text: string, { from, to }: Span): boolean {
    const masked = maskLookAlikes(text);
    const clause = clauseAround(masked, from, to);
    const before = masked.slice(clause.from, from).replace(ATTRIBUTE, "");
    return FORWARD.test(before) || BACKWARD.test(masked.slice(to, clause.to));
}

const anyOf = (flags: string, ...patterns: string[]): RegExp =>
    new RegExp(patterns.join("|"), flags);

const FORWARD = anyOf(
    "iu",
    String.raw`\b(?:no|not|never|none|neither|nor|nothing|without|cannot|lacks?|lacking)\b`,
    String.raw`n['’]t\b`,
    String.raw`\b(?:rather than|instead of|as opposed to)\b`,
    "没|不|无|未|非|缺少|缺乏|缺失",
);

const SEEN = "(?:seen|visible|present|there|shown|depicted|found|included|in (?:the|this|it)\\b)";

/** What stands after the thing that it denies; "the dog is not red" denies the red, not the dog. */
const BACKWARD = anyOf(
    "iu",
    String.raw`^.*?(?:\b(?:not|never|cannot)|n['’]t) (?:be )?(?:\w+ly )?${SEEN}`,
    String.raw`^(?: \w+){0,3} (?:absent|missing(?! \w)|nowhere|invisible)\b`,
    String.raw`^\s*[:：=–-]\s*(?:no|none|absent|没有|无|否|不)`,
    "^.{0,6}?(?:不在|不存在|没有出现|未出现|看不到|看不见|不可见|没有看到|不见)",
);

/** Look like a negation and deny nothing; double negations affirm. */
const LOOK_ALIKE = anyOf(
    "giu",
    String.raw`\b(?:not|no) (?:only|just|merely|simply|without|far|doubt|wonder|matter)\b`,
    String.raw`\b(?:not|no) (?:more|less|fewer|longer) than\b`,
    String.raw`\bwithout (?:a )?doubt\b|\bwhether or not\b|\bno\.(?= ?\d)|\bno[- ]one\b`,
    String.raw`\b(?:none|nothing|no one) (?:but|except|other than)\b`,
    "[不没]错|不仅仅|不[仅但只光单止论管过同少断久禁料愧远大小时一]|不锈钢|不规则|不透明|不对称",
    "无[论数疑线限比垠际云]|毫无疑问|无人机|未来|非[常洲]|除非|差不多|[淹沉出]没",
    "并非没有|不是没有|[不莫]无|无不|莫不|不[得能]不",
);

/** 一座没有窗户的房子: what is said of the house ends at 的, and the house is there. */
const ATTRIBUTE =
    /[一二两三几这那][个座只条张栋间片辆位幅棵朵匹头块把扇幢](?:没有|没|不|无|未|非)[^的]*的/gu;

const CLAUSE_END = anyOf(
    "giu",
    String.raw`[.!?](?=\s|$)|[;:\n,()—。！？；：，（）]|\s[–-]\s`,
    String.raw`\b(?:but|however|although|though|while|whereas|except|because)\b`,
    String.raw`\band (?=(?:the|there|it|its|this|that|these|those|they|he|she|we|i|you|a|an|one|two|three|some|many|several|is|are|has|have|shows?|depicts?|displays?|features?|contains?|includes?)\b)`,
    // "No it is red" answers; "no dog in the house" is about a house that is there.
    String.raw`\bno (?=(?:it|there|this|that|these|those|they|he|she|we|i|you)\b)`,
    String.raw`(?<!\b(?:not|never) |n['’]t )\b(?:near|around|inside|outside|in|on|at) (?=the\b)`,
    String.raw`\b(?:under|beneath|beside|against|behind|above|below|next to|in front of)\b`,
    "而是|而|但是|但|可是|却|只有|仅有",
);

/** Letters that mean nothing in the place of look-alikes, so that offsets stay; 不过 is a "but". */
function maskLookAlikes(text: string): string {
    return text.replace(LOOK_ALIKE, (found) =>
        found === "不过" ? "，，" : "_".repeat(found.length),
    );
}

function clauseAround(text: string, from: number, to: number): Span {
    let begin = 0;
    let end = text.length;
    for (const { index, 0: mark } of text.matchAll(CLAUSE_END)) {
        if (NEGATED_LIST.test(text.slice(index))) {
            continue;
        }
        if (index < from) {
            begin = Math.min(index + mark.length, from);
        } else if (index >= to && !isAnswered(text.slice(to, index), mark)) {
            end = Math.min(end, index);
        }
    }
    return { from: begin, to: end };
}

/** "dog: no" speaks of the dog, though a colon otherwise ends a clause. */
function isAnswered(between: string, mark: string): boolean {
    return between.trim() === "" && /^\s?[:：–-]/.test(mark);
}

const MEMBER = String.raw`(?:\s+(?!(?:there|it|the|this|is|are|i|we|you|but|they)\b)[\p{L}'-]+){1,3}`;
/** A comma between the members of one list: "no dog, cat or bird". */
const NEGATED_LIST = new RegExp(String.raw`^,(?:${MEMBER},)*(?:${MEMBER})?\s+n?or\b`, "iu");
