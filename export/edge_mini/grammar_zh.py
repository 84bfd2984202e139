"""Mandarin half of the closed domain: slot fillers and sentence templates."""

# ruff: noqa: PLR2004 -- ten, twenty and a hundred are what numerals are made of.
from __future__ import annotations

_DIGITS = "零一二三四五六七八九"


def number_words(value: int) -> str:
    """Spell an integer from 0 to 999 in Chinese characters."""
    if value < 10:
        return _DIGITS[value]
    if value < 100:
        tens, unit = divmod(value, 10)
        return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[unit] if unit else "")
    hundreds, rest = divmod(value, 100)
    head = _DIGITS[hundreds] + "百"
    if rest == 0:
        return head
    return head + ("零" + _DIGITS[rest] if rest < 10 else ("一" if rest < 20 else "") + number_words(rest))


def _counted(value: int) -> str:
    """Spell a number in front of a measure word, where two is 两."""
    return "两" if value == 2 else number_words(value)


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


SLOTS: dict[str, tuple[str, ...]] = {
    "num": tuple(number_words(n) for n in range(1, 100)),
    "small": tuple(_counted(n) for n in range(2, 21)),
    "count": tuple(_counted(n) for n in range(1, 61)),
    "big": tuple(number_words(n) for n in range(100, 1000, 7)),
    "digit": tuple(_DIGITS),
    "hour": tuple(_counted(n) for n in range(1, 13)),
    "minute": tuple(number_words(n) for n in range(10, 60)),
    "degree": tuple(number_words(n) for n in range(15, 31)),
    "room": _split("厨房 卧室 客厅 浴室 餐厅 书房 车库 花园 阳台 办公室 走廊 地下室 儿童房 门口"),
    "lamp": _split("灯 台灯 吊灯 夜灯 大灯"),
    "device": _split(
        "电视 空调 风扇 电脑 音响 洗衣机 冰箱 烤箱 热水器 加湿器 洗碗机 咖啡机"
        " 电饭锅 摄像头 打印机 扫地机 收音机 净化器"
    ),
    "cover": _split("窗户 窗帘 大门 后门 房门 柜子 抽屉"),
    "colour": _split("红色 绿色 蓝色 黄色 白色 橙色 紫色 粉色 灰色 黑色 银色 金色"),
    "name": _split("小明 小红 李雷 王芳 张伟 刘洋 陈静 赵强 周杰 老王 小林 妈妈 爸爸 奶奶 爷爷 姐姐 哥哥"),
    "city": _split("北京 上海 广州 深圳 杭州 南京 成都 武汉 西安 重庆 天津 苏州"),
    "day": _split("星期一 星期二 星期三 星期四 星期五 星期六 星期天"),
    "month": tuple(number_words(n) + "月" for n in range(1, 13)),
    "when": _split("今天 明天 后天 今晚 明早 下午 晚上 早上 周末 下周"),
    "weather": _split("下雨 下雪 刮风 打雷 晴天 阴天 多云 很冷 很热 暖和"),
    "music": _split("音乐 古典音乐 流行歌曲 钢琴曲 儿歌 新闻 故事 相声 京剧 爵士乐 轻音乐"),
    "food": _split(
        "牛奶 面包 鸡蛋 苹果 香蕉 米饭 鸡肉 鱼 西红柿 土豆 白糖 盐 咖啡 绿茶 果汁 葡萄 西瓜 面条 饺子 豆腐"
    ),
    "task": _split(
        "浇花 喂猫 遛狗 吃药 买菜 洗车 关窗 充电 倒垃圾 开会 做饭 写作业 锻炼身体 接孩子 看报告 交电费"
    ),
    "unit": _split("秒 分钟 小时 天"),
    "please": ("", "", "请", "帮我"),
    "onoff": ("打开", "关闭", "关掉"),
    "bright": _split("亮 暗"),
    "loud": _split("大 小"),
    "short": _split(
        "好的 是的 不是 停止 开始 继续 暂停 取消 谢谢 你好 再见 早安 晚安 可以 不行 对 不对 没关系 等一下"
        " 下一首 上一首 再来一次 大声点 小声点 知道了 不用了 快一点 慢一点 起床了 我回来了 出发 救命"
        " 当然 没问题"
    ),
}

TEMPLATES: dict[str, int] = {
    "{please}{onoff}{room}的{lamp}。": 5,
    "{please}把{room}的{lamp}{onoff}。": 5,
    "{please}{onoff}{room}的{device}。": 5,
    "{please}把{device}{onoff}。": 3,
    "把{room}的{lamp}调成{colour}。": 4,
    "把{lamp}调{bright}一点。": 1,
    "把{room}的亮度调到百分之{num}。": 4,
    "把{device}的音量调到{num}。": 4,
    "声音太{loud}了，把音量调到{num}。": 2,
    "{please}打开{room}的{cover}。": 3,
    "{room}的{cover}关好了吗？": 3,
    "{device}还在工作吗？": 1,
    "{room}的{device}开着吗？": 3,
    "空调调到{degree}度。": 2,
    "把{room}的温度设为{degree}度。": 4,
    "{room}现在多少度？": 1,
    "设一个{count}{unit}的定时器。": 4,
    "{count}分钟以后提醒我{task}。": 4,
    "{when}{hour}点{minute}分叫我起床。": 5,
    "{day}{hour}点{minute}分的闹钟。": 4,
    "现在是{hour}点{minute}分。": 4,
    "火车{hour}点{minute}分出发。": 3,
    "{when}{hour}点半吃晚饭。": 2,
    "提醒{name}{when}{task}。": 5,
    "{day}提醒我{task}。": 3,
    "我的生日是{month}{num}号。": 3,
    "我们{month}{num}号见面。": 3,
    "{day}有什么安排？": 1,
    "{city}{when}会{weather}吗？": 4,
    "{city}{when}天气怎么样？": 4,
    "{when}{city}{weather}，记得带伞。": 3,
    "在{room}播放{music}。": 4,
    "我想听{music}。": 1,
    "播放{count}{unit}的{music}。": 3,
    "给{name}打电话。": 1,
    "{hour}点{minute}分给{name}打电话。": 4,
    "告诉{name}我晚到{count}分钟。": 4,
    "给{name}和{name}发消息。": 4,
    "把{food}和{food}加到购物单。": 4,
    "买{small}瓶{food}和一些{food}。": 3,
    "我们需要{food}、{food}和{food}。": 3,
    "号码是{digit}{digit}{digit}{digit}。": 3,
    "我的密码是{digit}{digit}{digit}{digit}{digit}{digit}。": 3,
    "这个房间{big}块钱。": 3,
    "这里有{big}个人。": 2,
    "{num}加{num}等于{num}。": 4,
    "从{city}到{city}有多远？": 4,
    "{name}住在{city}，在{city}上班。": 4,
    "{name}和{name}在{room}。": 4,
    "{name}{when}去{city}。": 4,
    "{colour}的{device}在{room}里。": 4,
    "我喜欢{colour}的{lamp}，不喜欢{colour}的。": 3,
    "{device}{count}分钟以后开始工作。": 3,
    "{when}让扫地机去{room}。": 3,
    "{please}看一下{room}的摄像头。": 2,
}

SHORT_TEMPLATES: dict[str, int] = {
    "{short}。": 12,
    "{num}。": 4,
    "{big}。": 2,
    "{colour}。": 2,
    "{name}。": 2,
    "{city}。": 1,
    "{food}。": 2,
    "{name}，{short}。": 4,
    "开灯。": 1,
    "关灯。": 1,
    "{hour}点{minute}分。": 2,
    "{device}。": 1,
    "打开{cover}。": 1,
    "百分之{num}。": 1,
}
