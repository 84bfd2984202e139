"""Mandarin pronunciations of the domain's characters; espeak-ng reads pinyin better than hanzi."""

from __future__ import annotations

import re

# Syllables with tone digits (5 = neutral), each followed by the characters that read so here.
_TABLE = """
an1:安 an4:暗 ba1:八 ba3:把 ba4:爸 bai2:白 bai3:百 ban1:班 ban4:办半 bang1:帮 bao1:包 bao4:报
bei3:北 bi4:闭 bing1:冰 bo1:播 bu4:不 cai4:菜 can1:餐 cha2:茶 che1:车 chen2:陈 cheng2:成橙
chi1:吃 chong1:充 chong2:重 chou1:抽 chu1:出 chu2:厨 chuang1:窗 chuang2:床 ci4:次 cong2:从
da3:打 da4:大 dai4:带 dan1:单 dan4:蛋 dang1:当 dao4:倒到道 de5:得的 deng1:灯 deng3:等 di4:地
dian3:典点 dian4:电 diao4:吊掉 ding4:定 dou4:豆 du1:都 du4:度 duan4:锻 dui4:对 duo1:多 er2:儿
er4:二 fa1:发 fan4:饭 fang1:芳 fang2:房 fang4:放 fei1:啡 fei4:费 fen1:分 fen3:粉 feng1:风
fu3:腐 gang1:钢 gao4:告 ge1:哥歌 ge4:个 gei3:给 gong1:公工 gou3:狗 gou4:购 gu3:古 gu4:故
gua1:刮瓜 guan1:关 guang3:广 gui4:柜 guo1:锅 guo3:果 hai2:孩还 hai3:海 han4:汉 hang2:杭
hao3:好 hao4:号 he2:和 hei1:黑 hen3:很 hong2:红 hou4:后 hu4:户 hua1:花 hua4:化话 huan1:欢
huang2:黄 hui1:灰 hui2:回 hui4:会 huo3:火 ji1:圾机鸡 ji4:继记 jia1:加 jian1:间 jian4:见
jiao1:交浇蕉 jiao3:饺 jiao4:叫 jie1:接 jie2:杰 jie3:姐 jin1:今津金 jing1:京 jing4:净静 jiu3:九
jiu4:救 ju4:剧 jue2:爵 ka1:咖 kai1:开 kan4:看 kao3:烤 ke3:可 ke4:客 kong1:空 kou3:口 ku4:库
kuai4:块快 la1:垃 lai2:来 lan2:蓝 lang2:廊 lao3:老 le5:了 lei2:雷 leng3:冷 li3:李里 lian2:帘
lian4:炼 liang3:两 liang4:亮量 lin2:林 ling2:零 liu2:刘流遛 liu4:六 lv4:绿 ma1:妈 ma3:码
ma5:吗 mai3:买 man4:慢 mao1:猫 me5:么 mei2:没 men2:门 men5:们 mi3:米 mi4:密 mian4:面
miao3:秒 ming2:明 ming4:命 mo4:末 nai3:奶 nan2:南 nao3:脑 nao4:闹 ni3:你 niu2:牛 nuan3:暖
pai2:排 ping2:瓶苹 pu2:葡 qi1:七期 qi3:起 qi4:器气 qian2:钱 qiang2:强 qin2:琴 qing1:轻
qing2:晴 qing3:请 qing4:庆 qu3:取曲 qu4:去 ran2:然 rang4:让 re4:热 ren2:人 ri4:日 rou4:肉
san1:三 san3:伞 sao3:扫 se4:色 shan4:扇 shang4:上 shao3:少 she4:摄设 shen1:深身 shen2:什
sheng1:声生 shi1:湿 shi2:十时 shi3:始 shi4:事士室是柿视 shou1:收 shou3:首 shu1:书 shui3:水 si4:四
su1:苏 su4:诉 tai2:台 tai4:太 tang2:糖 tao2:萄 ti2:提题 ti3:体 ti4:屉 tian1:天 tiao2:条调
ting1:厅听 ting2:停 tong2:童 tou2:头 tu3:土 wan3:晚碗 wang2:王 wei3:伟 wei4:为喂 wen1:温
wen2:闻 wen4:问 wo3:我 wo4:卧 wu3:五午武 wu4:物 xi1:息西 xi3:喜洗 xi4:系 xia4:下 xian4:现
xiang1:箱香 xiang3:响想 xiang4:像相 xiao1:消 xiao3:小 xie1:些 xie3:写 xie4:谢 xin1:新
xing1:星 xing2:行 xing3:醒 xu1:需 xu4:续 xue3:雪 yan2:盐 yang2:洋阳 yang4:样 yao4:药要 ye2:爷
ye4:业夜 yi1:一衣 yi3:以 yin1:阴音 yin2:银 yin4:印 yong4:用 you3:有 yu2:于鱼 yu3:雨 yu4:浴
yuan2:园 yuan3:远 yue4:乐月 yun2:云 zai4:再在 zan4:暂 zao3:早 zen3:怎 zhang1:张 zhao4:赵
zhe4:这 zhe5:着 zhen4:圳 zhi1:之汁知 zhi3:止 zhong1:钟 zhou1:周州 zhu4:住 zi3:紫 zi5:子
zou3:走 zuo4:作做
"""

# Words whose reading differs from the character-by-character one.
_WORDS = {"暖和": "nuan3 huo5", "相声": "xiang4 sheng5"}

_PAUSES = {"，": ",", "、": ",", "。": ".", "？": "?"}

_READINGS: dict[str, str] = {
    char: syllable for syllable, chars in (row.split(":") for row in _TABLE.split()) for char in chars
}
HANZI = "".join(sorted(_READINGS))
_KNOWN = _PAUSES | _WORDS | _READINGS
_TOKEN = re.compile("|".join(_WORDS) + "|.")


def to_pinyin(text: str) -> str:
    """Convert hanzi to space-separated pinyin, keeping pauses as ASCII punctuation.

    Raises:
        ValueError: if a character is not in the domain's table.
    """
    pieces = [_read(token) for token in _TOKEN.findall(text)]
    spoken = re.sub(r"\s+([,.?])", r"\1", " ".join(pieces))
    return re.sub(r"\bbu4(?= \w+4\b)", "bu2", spoken)


def _read(piece: str) -> str:
    if piece not in _KNOWN:
        raise ValueError(f"no pinyin for {piece!r}; add it to the table in edge_mini/pinyin.py")
    return _KNOWN[piece]
