/** A question in both languages, and a number or words of which any is right. */
export interface Fact {
    readonly en: string;
    readonly zh: string;
    readonly answer: number | readonly string[];
}

/** Facts that nobody disputes and every model of the family knows. */
export const FACTS: readonly [Fact, ...Fact[]] = [
    {
        en: "What is the largest planet of the solar system?",
        zh: "太阳系中最大的行星是哪一颗？",
        answer: ["Jupiter", "木星"],
    },
    { en: "How many legs does a spider have?", zh: "蜘蛛有几条腿？", answer: 8 },
    {
        en: "Who wrote the play Romeo and Juliet?",
        zh: "戏剧《罗密欧与朱丽叶》的作者是谁？",
        answer: ["Shakespeare", "莎士比亚"],
    },
    {
        en: "Who painted the Mona Lisa?",
        zh: "《蒙娜丽莎》是谁画的？",
        answer: ["Leonardo", "da Vinci", "达·芬奇", "达芬奇", "列奥纳多"],
    },
    {
        en: "Which planet is closest to the Sun?",
        zh: "离太阳最近的行星是哪一颗？",
        answer: ["Mercury", "水星"],
    },
    {
        en: "Which planet is called the Red Planet?",
        zh: "哪颗行星被称为红色星球？",
        answer: ["Mars", "火星"],
    },
    { en: "How many days are in a week?", zh: "一个星期有几天？", answer: 7 },
    {
        en: "At how many degrees Celsius does water boil at sea level?",
        zh: "在海平面上，水在多少摄氏度沸腾？",
        answer: 100,
    },
    { en: "How many months are in a year?", zh: "一年有几个月？", answer: 12 },
    { en: "How many hours are in a day?", zh: "一天有多少个小时？", answer: 24 },
    { en: "How many minutes are in an hour?", zh: "一个小时有多少分钟？", answer: 60 },
    { en: "How many sides does a hexagon have?", zh: "六边形有几条边？", answer: 6 },
    {
        en: "What is the largest ocean on Earth?",
        zh: "地球上最大的海洋是哪个洋？",
        answer: ["Pacific", "太平洋"],
    },
    {
        en: "In which country is the Great Wall?",
        zh: "长城在哪个国家？",
        answer: ["China", "中国"],
    },
    {
        en: "In which city is the Eiffel Tower?",
        zh: "埃菲尔铁塔在哪座城市？",
        answer: ["Paris", "巴黎"],
    },
    {
        en: "In which city is the Statue of Liberty?",
        zh: "自由女神像在哪座城市？",
        answer: ["New York", "纽约"],
    },
    {
        en: "In which country are the Pyramids of Giza?",
        zh: "吉萨金字塔在哪个国家？",
        answer: ["Egypt", "埃及"],
    },
    {
        en: "Which language is spoken in Brazil by most people?",
        zh: "巴西大多数人说什么语言？",
        answer: ["Portuguese", "葡萄牙语"],
    },
    {
        en: "What is the currency of Japan?",
        zh: "日本的货币叫什么？",
        answer: ["yen", "日元", "日圆"],
    },
    {
        en: "Which gas do plants take in for photosynthesis?",
        zh: "植物在光合作用时吸收哪种气体？",
        answer: ["carbon dioxide", "CO2", "CO₂", "二氧化碳"],
    },
    {
        en: "What is the chemical formula of water?",
        zh: "水的化学式是什么？",
        answer: ["H2O", "H₂O"],
    },
    { en: "What is the chemical symbol of gold?", zh: "金的化学符号是什么？", answer: ["Au"] },
    {
        en: "Which land animal is the fastest?",
        zh: "陆地上跑得最快的动物是什么？",
        answer: ["cheetah", "猎豹"],
    },
    {
        en: "What is the largest animal on Earth?",
        zh: "地球上最大的动物是什么？",
        answer: ["blue whale", "蓝鲸"],
    },
    {
        en: "What is the highest mountain on Earth?",
        zh: "世界上最高的山峰是哪一座？",
        answer: ["Everest", "珠穆朗玛", "珠峰"],
    },
    {
        en: "Who wrote the novel Dream of the Red Chamber?",
        zh: "小说《红楼梦》的作者是谁？",
        answer: ["Cao Xueqin", "Xueqin", "曹雪芹"],
    },
    {
        en: "Who was the first person to walk on the Moon?",
        zh: "第一个登上月球的人是谁？",
        answer: ["Armstrong", "阿姆斯特朗"],
    },
    {
        en: "Who developed the theory of relativity?",
        zh: "相对论是谁提出的？",
        answer: ["Einstein", "爱因斯坦"],
    },
    {
        en: "What sweet food do bees make from nectar?",
        zh: "蜜蜂用花蜜酿造什么甜食？",
        answer: ["honey", "蜂蜜"],
    },
    { en: "How many seasons are in a year?", zh: "一年有几个季节？", answer: 4 },
    { en: "How many strings does a violin have?", zh: "小提琴有几根弦？", answer: 4 },
    {
        en: "How many letters are in the English alphabet?",
        zh: "英语字母表有多少个字母？",
        answer: 26,
    },
    { en: "How many planets are in the solar system?", zh: "太阳系有几颗行星？", answer: 8 },
    { en: "What is frozen water called?", zh: "水结冻以后叫什么？", answer: ["ice", "冰"] },
    {
        en: "Which day comes after Monday?",
        zh: "星期一的后一天是星期几？",
        answer: ["Tuesday", "星期二", "周二"],
    },
    { en: "What is the opposite of hot?", zh: "“热”的反义词是什么？", answer: ["cold", "冷"] },
    {
        en: "What is a baby dog called?",
        zh: "狗的幼崽叫什么？",
        answer: ["puppy", "pup", "小狗", "幼犬"],
    },
    { en: "How many wheels does a bicycle have?", zh: "自行车有几个轮子？", answer: 2 },
    {
        en: "How many players of one football team are on the field?",
        zh: "一支足球队在场上有几名球员？",
        answer: 11,
    },
    {
        en: "Which metal is liquid at room temperature?",
        zh: "哪种金属在室温下是液体？",
        answer: ["mercury", "水银", "汞"],
    },
];
