import { wordSet } from "./wordSet.ts"

/**
 * Given names that many people have, of many languages, in lower case; those with accents without them as well. No months, places, colours
 * or other ordinary words that are names besides (April, Florence, Rose): columns of such words are no names of people.
 */
export const GIVEN_NAMES: ReadonlySet<string> = wordSet(`
  james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark donald steven paul andrew joshua
  kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin
  samuel gregory alexander patrick frank raymond jack dennis jerry tyler aaron jose adam nathan henry zachary douglas peter kyle ethan walter noah
  jeremy christian keith roger terry austin sean gerald carl harold dylan arthur lawrence jordan jesse bryan billy bruce gabriel joe logan alan juan
  elijah willie albert wayne randy vincent mason liam oliver oscar owen luke connor isaac evan hugo leo felix simon edwin harry stuart graham nigel
  mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra margaret ashley kimberly emily donna michelle carol
  amanda melissa deborah stephanie rebecca sharon laura cynthia dorothy amy kathleen angela shirley emma brenda pamela nicole anna samantha katherine
  christine helen debra rachel carolyn janet maria catherine heather diane olivia julie joyce virginia victoria kelly lauren christina joan evelyn
  judith andrea hannah megan cheryl jacqueline martha madison teresa gloria sara janice ann kathryn abigail sophia frances jean alice judy isabella
  julia grace amber denise danielle marilyn beverly charlotte natalie theresa diana brittany doris kayla alexis lori claire chloe zoe lucy molly fiona
  bob jim tom mike dave steve tim nick matt ben sam dan joe will ted ken ron jeff greg kate jane sue liz meg jenny becky jess alex max anne marie eve
  hans jürgen wolfgang klaus dieter horst uwe bernd günter günther helmut gerhard karl heinz manfred stefan andreas matthias markus sebastian tobias
  florian jan lukas jonas niklas moritz philipp ute ursula monika petra sabine renate helga karin brigitte ingrid gisela heike susanne birgit angelika
  katja anja silke nadine kathrin lena lea mia johanna franziska greta friedrich ludwig otto fritz jörg torsten thorsten sven axel ralf rainer
  jean pierre michel philippe alain patrice bernard jacques françois laurent nicolas julien frédéric christophe sylvie nathalie isabelle véronique
  martine brigitte camille manon léa chloé margaux mathilde élodie céline aurélie sandrine valérie dominique guillaume antoine mathieu étienne thierry
  antonio josé manuel francisco javier luis carlos miguel ángel pedro pablo jorge alejandro fernando diego sergio rafael raúl enrique ramón vicente
  álvaro joaquín andrés alberto rosario dolores pilar carmen ana isabel josefa lucía paula cristina marta elena mercedes beatriz rocío raquel silvia
  joão antónio luís paulo marcos rodrigo thiago gustavo felipe bruno leandro vinicius ricardo eduardo márcio juliana mariana fernanda camila letícia
  aline renata vanessa adriana patrícia márcia tatiana joana inês rita catarina gonçalo tiago nuno rui duarte helena
  giuseppe giovanni mario luigi roberto stefano marco francesco alessandro andrea lorenzo matteo luca davide simone federico giorgio paolo salvatore
  giulia chiara francesca federica valentina alessia martina giovanna angela lucia paola silvana caterina antonella daniela
  willem hendrik johannes cornelis gerrit pieter joost bram daan sem thijs jeroen maarten bas wouter ruud marieke sanne femke anneke marijke lotte
  lars anders erik nils olof gustav johan mikael björn göran magnus henrik fredrik astrid ingrid birgitta kerstin elin linnea maja ebba kari bjørn
  ole knut arne rolf geir tor øyvind hilde anne-marie solveig marit søren jens niels mette kirsten hanne lise freja matti juha timo jukka pekka antti
  mika jari aino helmi tuula marjatta päivi riitta kaisa anneli eero ilkka heikki hannu veikko tiina sanna minna
  jan piotr krzysztof andrzej tomasz paweł marcin michał marek grzegorz józef łukasz adam zbigniew jerzy tadeusz mateusz dariusz mariusz wojciech
  anna katarzyna małgorzata agnieszka krystyna barbara ewa elżbieta zofia teresa magdalena joanna monika danuta jadwiga irena
  jiří petr jaroslav martin tomáš miroslav františek zdeněk václav lukáš milan karel vladimír ladislav pavel jana eva hana lenka kateřina lucie věra
  zuzana martina jozef ján peter juraj štefan milan katarína monika
  lászló istván józsef jános zoltán sándor gábor ferenc attila péter tamás zsolt tibor andrás csaba imre lajos györgy balázs gergely bence ádám
  erzsébet katalin ilona éva anikó zsuzsanna margit judit ágnes julianna andrea ildikó erika krisztina réka eszter orsolya
  andrei alexandru mihai ion gheorghe ioan vasile nicolae adrian cristian bogdan florin marius ionuț constantin elena ioana mihaela gabriela georgiana
  alina simona oana raluca roxana
  ivan marko josip luka ante tomislav stjepan mato željko ivana marija katarina petra jelena snežana milica dragana nikola stefan milan zoran goran
  dragan vladimir aleksandar branko janez franc marjan mojca nataša tina
  jonas vytautas juozas antanas tomas mindaugas darius andrius ona janina irena rasa eglė jurgita aistė jānis andris juris ilze inese kristīne līga
  andres toomas margus urmas jaan kristjan tiina piret kadri
  mehmet mustafa ahmet ali hüseyin hasan ibrahim ismail osman yusuf murat ömer emre burak cem kemal fatma ayşe emine hatice zeynep elif meryem şerife
  zehra sultan merve büşra esra özlem hülya
  aleksandr sergey sergei dmitry dmitri andrey alexey aleksey maxim evgeny mikhail vladimir nikolai igor oleg boris yuri anton olga tatyana natalya
  svetlana irina yekaterina ekaterina anastasia galina lyudmila yelena
  александр сергей дмитрий андрей алексей максим евгений иван михаил владимир николай игорь олег юрий антон павел роман артём денис виктор ольга
  татьяна наталья светлана ирина екатерина елена анна мария анастасия галина людмила юлия олександр сергій андрій дмитро микола василь тарас богдан
  оксана наталія ірина тетяна юлія олена катерина георги димитър петър николай стоян елена иванка
  γιώργος γεώργιος δημήτρης κώστας κωνσταντίνος γιάννης νίκος νικόλαος παναγιώτης βασίλης χρήστος αντώνης μιχάλης σταύρος μαρία ελένη κατερίνα βασιλική
  σοφία αγγελική γεωργία δήμητρα ιωάννα άννα giorgos dimitris kostas yannis nikos eleni katerina vasiliki
  mohammed muhammad mohamed ahmed omar khalid hassan hussein abdullah abdul youssef karim tariq samir rashid fatima aisha khadija maryam zainab layla
  nour salma yasmin amina محمد أحمد علي عمر خالد حسن عبدالله يوسف فاطمة عائشة مريم زينب سارة
  moshe yosef avraham yaakov shlomo noam itai tamar rivka shira משה יוסף אברהם יעקב דוד דניאל נועם שרה רחל תמר מרים
  rahul amit raj sanjay vijay suresh rajesh ramesh anil sunil arjun rohan vikram aditya deepak manoj priya anjali pooja neha sunita kavita lakshmi
  divya shreya meena geeta rekha
  budi agus joko eko dwi tri bambang hendra rudi dedi siti dewi sri rina ratna yuni putri wati indah ayu nur
  nguyen minh hùng dũng tuấn hương lan linh thảo trang hằng ngọc thị văn đức quang
  wei fang xiaoming hiroshi takashi kenji yuki haruto sakura yoko akiko naoko keiko min-jun ji-hoon seo-yeon jisoo
`)
