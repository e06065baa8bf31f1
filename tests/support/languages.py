"""A few sentences in many languages, each with the encodings in which old pages have it."""

SENTENCES = [
    (
        "shift_jis euc-jp iso-2022-jp",
        "この店では新しい本と古い本を売っています。営業時間は午前九時から午後七時までです。毎週月曜日はお休"
        "みです。ご注文はお電話でもお受けいたします。お問い合わせはこちらまでどうぞ。",
    ),
    (
        "gbk gb18030",
        "本店出售各类新书和旧书，营业时间为上午九点到晚上七点。每逢星期一休息，欢迎来电订购。如果您对我们的"
        "服务有任何意见或建议，请与我们联系，我们会尽快答复您。",
    ),
    (
        "big5",
        "本店販售各類新書與舊書，營業時間為上午九點到晚上七點。每逢星期一休息，歡迎來電訂購。如果您對我們的"
        "服務有任何意見或建議，請與我們聯絡，我們會儘快答覆您。",
    ),
    (
        "euc-kr",
        "저희 서점에서는 새 책과 헌 책을 판매합니다. 영업 시간은 오전 아홉 시부터 오후 일곱 시까지입니다. "
        "매주 월요일은 쉽니다. 주문은 전화로도 받습니다. 문의 사항이 있으시면 언제든지 연락해 주시기 바랍니"
        "다.",
    ),
    (
        "windows-1251 koi8-r ibm866 iso-8859-5 x-mac-cyrillic",
        "В нашем магазине продаются новые и старые книги. Мы открыты каждый день, кроме понедельника, с девяти"
        " утра до семи вечера. Заказать книгу можно и по телефону. Если у вас есть вопросы или пожелания, напишит"
        "е нам, и мы обязательно ответим.",
    ),
    (
        "koi8-u windows-1251",
        "У нашій крамниці продаються нові та старі книжки. Ми відчинені щодня, крім понеділка, з дев'ятої ранку"
        " до сьомої вечора. Замовити книжку можна й телефоном. Якщо у вас є запитання, напишіть нам, і ми відпові"
        "мо.",
    ),
    (
        "windows-1251 iso-8859-5",
        "В нашата книжарница се продават нови и стари книги. Отворено е всеки ден без понеделник от девет сутринт"
        "а до седем вечерта. Можете да поръчате книга и по телефона. Пишете ни, ако имате въпроси.",
    ),
    (
        "windows-1253 iso-8859-7",
        "Στο κατάστημά μας πωλούνται καινούργια και παλιά βιβλία. Είμαστε ανοιχτά κάθε μέρα εκτός Δευτέρας,"
        " από τις εννέα το πρωί έως τις επτά το βράδυ. Μπορείτε να παραγγείλετε βιβλία και τηλεφωνικά.",
    ),
    (
        "windows-1254",
        "Dükkânımızda yeni ve eski kitaplar satılmaktadır. Pazartesi dışında her gün sabah dokuzdan akşam yediye"
        " kadar açığız. Siparişlerinizi telefonla da verebilirsiniz. Sorularınız için lütfen bize yazınız,"
        " yanıtlayacağız.",
    ),
    (
        "windows-1255 iso-8859-8",
        "בחנות שלנו נמכרים ספרים חדשים וישנים. אנו פתוחים בכל יום מלבד יום שני, מתשע בבוקר ועד שבע בערב. אפשר"
        " להזמין ספרים גם בטלפון. אם יש לכם שאלות או הצעות, כתבו לנו ונשמח לענות.",
    ),
    (
        "windows-1256 iso-8859-6",
        "تباع في متجرنا كتب جديدة وقديمة. نحن نفتح كل يوم ما عدا يوم الاثنين من الساعة التاسعة صباحا حتى السابعة"
        " مساء. يمكنكم طلب الكتب بالهاتف أيضا. إذا كانت لديكم أسئلة فاكتبوا إلينا وسوف نجيب عليها.",
    ),
    (
        "windows-874",
        "ร้านของเราขายหนังสือใหม่และหนังสือเก่า เปิดทุกวันยกเว้นวันจันทร์ ตั้งแต่เก้าโมงเช้าถึงหนึ่งทุ่ม ท่านสามา"
        "รถสั่งซื้อหนังสือทางโทรศัพท์ได้ หากมีคำถามหรือข้อเสนอแนะ กรุณาติดต่อเรา",
    ),
    (
        "windows-1250 iso-8859-2",
        "W naszym sklepie sprzedajemy nowe i używane książki. Otwarte codziennie oprócz poniedziałku, od dziewiąt"
        "ej rano do siódmej wieczorem. Książki można zamówić także przez telefon. Jeśli masz pytania, napisz"
        " do nas, a na pewno odpowiemy. Życzymy miłej lektury!",
    ),
    (
        "iso-8859-2 windows-1250",
        "V našem obchodě prodáváme nové i použité knihy. Otevřeno máme každý den kromě pondělí, od devíti ráno"
        " do sedmi večer. Knihy lze objednat také telefonicky. Máte-li dotazy, napište nám, rádi odpovíme.",
    ),
    (
        "windows-1257 iso-8859-13",
        "Mūsų parduotuvėje parduodamos naujos ir senos knygos. Dirbame kasdien, išskyrus pirmadienį, nuo devynių"
        " ryto iki septynių vakaro. Knygas galite užsisakyti ir telefonu. Jei turite klausimų, rašykite mums.",
    ),
    (
        "windows-1258",
        "Cư\u0309a ha\u0300ng cu\u0309a chu\u0301ng tôi ba\u0301n sa\u0301ch mơ\u0301i va\u0300 sa\u0301ch cu"
        "\u0303. Mơ\u0309 cư\u0309a ha\u0300ng nga\u0300y trư\u0300 thư\u0301 hai, tư\u0300 chi\u0301n giơ\u0300 "
        "sa\u0301ng đê\u0301n ba\u0309y giơ\u0300 tô\u0301i.",
    ),
    (
        "windows-1252",
        "In unserem Geschäft verkaufen wir neue und gebrauchte Bücher. Geöffnet täglich außer montags von neun"
        " Uhr früh bis sieben Uhr abends. Bücher können auch telefonisch bestellt werden. Für Fragen stehen"
        " wir gern zur Verfügung.",
    ),
    (
        "windows-1252",
        "Notre boutique vend des livres neufs et d’occasion. Elle est ouverte tous les jours sauf le lundi,"
        " de neuf heures à dix-neuf heures. Les livres peuvent être commandés par téléphone. Écrivez-nous,"
        " nous répondrons très vite.",
    ),
    (
        "windows-1252",
        "En nuestra librería vendemos libros nuevos y de ocasión. Abrimos todos los días excepto el lunes,"
        " de nueve de la mañana a siete de la tarde. También puede pedir libros por teléfono. ¿Alguna pregunta?"
        " ¡Escríbanos!",
    ),
]
